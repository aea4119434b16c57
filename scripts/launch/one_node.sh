#!/usr/bin/env bash
# One machine, all of its GPUs (or PROCESSES=2 on CPUs): bash scripts/launch/one_node.sh name=RUN OPTIONS
# SIGTERM or Ctrl-C: it saves, and torchrun ends with 1. Where a process dies, all restart from the last checkpoint.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec .venv/bin/torchrun --standalone --nproc_per_node="${PROCESSES:-gpu}" --max-restarts=3 \
    train.py resume=true "$@"
