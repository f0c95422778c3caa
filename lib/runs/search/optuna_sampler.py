"""Optuna's tree-structured Parzen estimator over one number, controlled by lines of JSON.

Usage: optuna_sampler.py LOW HIGH SEED

Each line on stdin is answered by one line on stdout:
    "ask"                           the next trial, {"number": int, "value": float}
    {"number": int, "value": float} reports the objective of a trial; the answer is {}
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
