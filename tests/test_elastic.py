"""A run of two nodes that die, leave and come back. The nodes are two launchers on one machine."""

from __future__ import annotations

import os
import re
import signal
import socket
from pathlib import Path

import pytest

from engine.checkpoint.checkpoint_paths import latest_images
from tests.processes import ranks, wait_for
from tests.tiny import tiny_words
from tests.verbs import PROJECT, Started, finish

NODE = ("-m", "torch.distributed.run", "--nnodes=1:2", "--nproc_per_node=1", "--max-restarts=3")
RENDEZVOUS = ("--monitor-interval=0.5", "--rdzv-backend=c10d", "--rdzv-id=elastic")
OWN_STORE = "TORCH_DISABLE_SHARE_RDZV_TCP_STORE"
ENDLESS = tiny_words(
    "train.images=1000000", "train.save_every_images=20", "train.sample_every_images=1000000"
)


def start_node(project: Path, port: int) -> Started:
    """As scripts/launch/several_nodes.sh does with NODES=1:2; the first one holds the rendezvous."""
    endpoint = f"--rdzv-endpoint=localhost:{port}"
    words = ("train.py", "name=elastic", *ENDLESS, "resume=true")
    return Started(project, *NODE, *RENDEZVOUS, endpoint, *words)


def process_of(node: Started) -> tuple[int, int] | None:
    """The node's one training process, and among how many it trains."""
    found = ranks(node.pid)
    if len(found) != 1:
        return None
    try:
        environment = Path(f"/proc/{found[0]}/environ").read_bytes()
    except OSError:
        return None
    count = re.search(rb"\0WORLD_SIZE=(\d+)\0", b"\0" + environment)
    return None if count is None else (found[0], int(count[1]))


def world_of(node: Started) -> int:
    """Among how many processes it trains; 0 while it does not."""
    found = process_of(node)
    return 0 if found is None else found[1]


def listens(port: int) -> bool:
    """Whether a process listens there."""
    with socket.socket() as asked:
        return asked.connect_ex(("localhost", port)) == 0


@pytest.mark.slow
def test_nodes_die_leave_and_come_back(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time all go on from the last checkpoint, as many as there are."""
    assert f"export {OWN_STORE}=1\n" in (PROJECT / "scripts" / "launch" / "several_nodes.sh").read_text()
    monkeypatch.setenv(OWN_STORE, "1")
    run = project / "checkpoints" / "elastic"
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    nodes = [start_node(project, port)]
    wait_for(lambda: listens(port), nodes[0])  # so that it is the first that holds the rendezvous
    nodes.append(start_node(project, port))

    def images() -> int:
        return latest_images(run) or 0

    def wait_until_they_train(*together: Started) -> None:
        """They save twice, with so many processes."""
        count = len(together)
        wait_for(lambda: all(world_of(node) == count for node in together), together[0], seconds=120)
        before = images()
        wait_for(lambda: images() >= before + 40, together[0], seconds=60)

    try:
        wait_until_they_train(*nodes)
        died = process_of(nodes[1])
        assert died is not None
        os.kill(died[0], signal.SIGKILL)  # the process alone: its node starts it again
        wait_for(lambda: (process_of(nodes[1]) or died)[0] != died[0], nodes[0], seconds=60)
        wait_until_they_train(*nodes)

        lost = process_of(nodes[1])
        assert lost is not None
        for pid in (nodes[1].pid, lost[0]):  # the whole node
            os.kill(pid, signal.SIGKILL)
        nodes[1].wait()
        wait_until_they_train(nodes[0])

        nodes[1] = start_node(project, port)
        wait_until_they_train(*nodes)
        saved = images()
    finally:
        for node in nodes:
            if node.poll() is None:
                os.killpg(node.pid, signal.SIGTERM)
        said = [finish(node).out for node in nodes]
    resumed = [int(after) for after in re.findall(r"goes on after (\d+) images", "".join(said))]
    assert len(resumed) >= 3 and max(resumed) <= saved and resumed == sorted(resumed)
