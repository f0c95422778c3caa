# JupyterLab, ready to run:
#   docker build -t ofa-kd .
#   docker run --rm -it --network host ofa-kd
# JupyterLab listens on 127.0.0.1 only, protected by its token; --network host makes that the host's 127.0.0.1.
# To keep CIFAR-100 and runs, add:
#   -v ofa-kd-data:/home/node/ofa-kd/data/downloads -v ofa-kd-runs:/home/node/ofa-kd/runs

# System packages; the base image has Node, Python, git and g++. The development container uses this stage.
FROM node:22-bookworm AS machine
RUN apt-get update \
  && apt-get install -y --no-install-recommends python3-venv \
  && rm -rf /var/lib/apt/lists/*
RUN install -d -o node -g node \
  /home/node/ofa-kd /home/node/ofa-kd/data /home/node/ofa-kd/data/downloads /home/node/ofa-kd/runs
USER node
WORKDIR /home/node/ofa-kd

FROM machine
# Only the files that the setup reads, so that changes to other files reuse this layer.
COPY --chown=node:node package.json package-lock.json ./
COPY --chown=node:node scripts/setup.mjs scripts/
COPY --chown=node:node scripts/setup scripts/setup
COPY --chown=node:node lib/tensor lib/tensor
COPY --chown=node:node lib/tensor/engine/binding lib/tensor/engine/binding
COPY --chown=node:node lib/data/kernels lib/data/kernels
ENV OFA_DEVICE=cpu
RUN npm run setup
COPY --chown=node:node . .
CMD ["npm", "run", "lab", "--", "--no-browser"]
