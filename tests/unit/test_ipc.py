from __future__ import annotations

import queue
import stat
import threading
from collections.abc import Iterator
from multiprocessing import connection as mp
from pathlib import Path

import pytest

from assistant.errors import EnvironmentFault
from assistant.events import Click, KeyText
from assistant.ipc import Client, Peer, Server, decode, encode
from assistant.messages import Ack, Batch, Hello, Message

HELLO = Hello(role="collectors", pid=1, life="a")


@pytest.fixture
def socket(tmp_path: Path) -> Path:
    return tmp_path / "s.sock"


class Recorder:
    def __init__(self) -> None:
        self.got: queue.Queue[tuple[Peer, Message]] = queue.Queue()
        self.gone: queue.Queue[Peer] = queue.Queue()

    def __call__(self, peer: Peer, message: Message) -> None:
        self.got.put((peer, message))


@pytest.fixture
def server(socket: Path) -> Iterator[Recorder]:
    recorder = Recorder()
    serving = Server(socket, recorder, recorder.gone.put)
    serving.start()
    yield recorder
    serving.close()


def batch(seq: int) -> Batch:
    return Batch(life="a", seq=seq, observations=(KeyText(at=1.0, text="zażółć 日本 🙂"), Click(at=2.0)))


def test_a_message_arrives_as_it_was_sent() -> None:
    assert decode(encode(batch(7))) == batch(7)


def test_both_directions(server: Recorder, socket: Path) -> None:
    answers: queue.Queue[Message] = queue.Queue()
    client = Client(socket, HELLO, answers.put)
    client.start()
    peer, hello = server.got.get(timeout=5)
    assert hello == HELLO
    assert peer.hello == HELLO
    while not client.send(batch(1)):
        threading.Event().wait(0.01)
    assert server.got.get(timeout=5)[1] == batch(1)
    assert peer.send(Ack(life="a", seq=1))
    assert answers.get(timeout=5) == Ack(life="a", seq=1)
    client.close()
    assert server.gone.get(timeout=5) is peer


def test_the_socket_is_the_owners_only(server: Recorder, socket: Path) -> None:
    assert stat.S_IMODE(socket.stat().st_mode) == 0o600


def test_client_comes_back_after_the_server_was_away(socket: Path) -> None:
    first, up = Recorder(), threading.Semaphore(0)
    serving = Server(socket, first)
    client = Client(socket, HELLO, lambda _: None, on_up=up.release)
    client.start()
    assert not client.send(batch(1))
    serving.start()
    assert up.acquire(timeout=5)
    serving.close()
    second = Recorder()
    serving = Server(socket, second)
    serving.start()
    assert up.acquire(timeout=5)
    assert second.got.get(timeout=5)[1] == HELLO
    client.close()
    serving.close()


def test_foreign_bytes_end_only_that_connection(server: Recorder, socket: Path) -> None:
    foreign = mp.Client(str(socket))
    foreign.send_bytes(b'{"type": "nonsense"}')
    assert server.gone.get(timeout=5) is not None
    foreign.close()
    client = Client(socket, HELLO, lambda _: None)
    client.start()
    assert server.got.get(timeout=5)[1] == HELLO
    client.close()


def test_a_socket_file_left_by_a_killed_process_is_replaced(socket: Path) -> None:
    socket.write_text("stale")
    serving = Server(socket, Recorder())
    serving.start()
    serving.close()


def test_a_path_too_long_for_a_socket_says_so(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="too long"):
        Server(tmp_path / ("x" * 120), Recorder()).start()
