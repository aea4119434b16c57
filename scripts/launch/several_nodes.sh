#!/usr/bin/env bash
# Several machines: run this on each of them, with the same words, from the same shared folder.
#     bash scripts/launch/several_nodes.sh name=RUN OPTIONS
# checkpoints/ must lie on a file system that all of them see. NODES may be a range (2:4): the run then goes on
# with those that are there, provided that their processes divide train.batch_size.
set -euo pipefail
FIRST_HOST="${FIRST_HOST:-node1.example.org}"  # fill in: one of the machines, by the name the others know it by
NODES="${NODES:-2}"
PORT="${PORT:-29500}"
# Or a node that joins later would wait for the first round's meeting point, which nobody tells it again.
export TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1
cd "$(dirname "$0")/../.."
exec .venv/bin/torchrun --nnodes="$NODES" --nproc_per_node="${PROCESSES:-gpu}" --max-restarts=3 \
    --rdzv-backend=c10d --rdzv-endpoint="$FIRST_HOST:$PORT" --rdzv-id="${RUN_ID:-label_maps}" \
    train.py resume=true "$@"
