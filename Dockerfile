# JupyterLab, ready to run:
#   docker build -t ofa-kd .
#   docker run --rm -it --network host ofa-kd
# JupyterLab listens on 127.0.0.1 behind its token, in a container as everywhere; --network host makes that the host's own 127.0.0.1.
# CIFAR-100 and runs are kept with: -v ofa-kd-data:/home/node/ofa-kd/data/downloads -v ofa-kd-runs:/home/node/ofa-kd/runs

# What the machine needs; the development container (.devcontainer) ends here. The image brings Node, Python, git and g++.
FROM node:22-bookworm AS machine
RUN apt-get update \
  && apt-get install -y --no-install-recommends python3-venv \
  && rm -rf /var/lib/apt/lists/*
RUN install -d -o node -g node /home/node/ofa-kd /home/node/ofa-kd/data /home/node/ofa-kd/data/downloads /home/node/ofa-kd/runs
USER node
WORKDIR /home/node/ofa-kd

FROM machine
# What set-up reads, before all else: a change elsewhere does not set up again.
COPY --chown=node:node package.json package-lock.json ./
COPY --chown=node:node scripts/setup.mjs scripts/
COPY --chown=node:node scripts/setup scripts/setup
COPY --chown=node:node lib/tensor lib/tensor
COPY --chown=node:node lib/tensor/engine/binding lib/tensor/engine/binding
COPY --chown=node:node lib/data/decoding/kernels lib/data/decoding/kernels
ENV OFA_DEVICE=cpu
RUN npm run setup
COPY --chown=node:node . .
CMD ["npm", "run", "lab", "--", "--no-browser"]
