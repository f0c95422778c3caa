"""Optuna's tree-structured Parzen estimator over one number, asked and told by lines of JSON.

optuna_sampler.py LOW HIGH SEED: "ask" is answered with {"number", "value"}, and {"number", "value"} tells what came of a trial.
"""

import json
import sys

import optuna


def main():
    low, high, seed = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    for line in sys.stdin:
        message = json.loads(line)
        if message == "ask":
            trial = study.ask()
            answer = {"number": trial.number, "value": trial.suggest_float("exponent", low, high)}
        else:
            study.tell(message["number"], message["value"])
            answer = {}
        print(json.dumps(answer), flush=True)


main()
