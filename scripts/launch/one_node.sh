#!/usr/bin/env bash
# One machine, all of its GPUs (or PROCESSES=2 on CPUs): bash scripts/launch/one_node.sh name=RUN OPTIONS
# Stopped by a signal it saves and exits with 75; a process that dies has all restarted from the last checkpoint.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec .venv/bin/torchrun --standalone --nproc_per_node="${PROCESSES:-gpu}" --max-restarts=3 \
    train.py resume=true "$@"
