"""What MLflow is to be told: kept in order, told once, waited for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from filelock import Timeout
from hypothesis import given
from hypothesis import strategies as st
from mlflow.entities import Metric
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from flows.tracking import outbox
from flows.tracking.log import Log
from flows.tracking.outbox import Message, Outbox, Sender
from flows.tracking.patience import StoreError, patiently
from flows.tracking.post import only
from flows.urls import without_password

URI = "http://user:secret@127.0.0.1:5000"
AWAY = MlflowException(f"API request to {URI}/api failed with exception refused")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses of `patiently`, which pass at once."""
    pauses: list[float] = []
    monkeypatch.setattr("flows.tracking.patience.time.sleep", pauses.append)
    monkeypatch.setattr("flows.tracking.patience.time.monotonic", lambda: sum(pauses))
    return pauses


def failing(times: int, error: Exception = AWAY) -> Callable[[], str]:
    """What fails so often, then answers."""
    left = iter([error] * times)

    def action() -> str:
        for one in left:
            raise one
        return "answer"

    return action


def told(box: Outbox) -> list[Message]:
    """What `box` sends, in order."""
    got: list[Message] = []
    box.send(got.append)
    return got


def points(*steps: int) -> list[Metric]:
    return [Metric("loss", 0.5, 1000 + step, step) for step in steps]


def test_a_message_that_fails_stays_the_next_one_also_for_another_process(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "run")
    for k in range(4):
        box.put("", "tags", tags={"k": str(k)})
    got: list[str] = []

    def post(message: Message) -> None:
        if len(got) == 2:
            raise AWAY
        got.append(message["tags"]["k"])

    with pytest.raises(MlflowException):
        box.send(post)
    with pytest.raises(Timeout):
        Outbox(tmp_path / "run")
    box.close()
    left = Outbox(tmp_path / "run")
    assert [m["tags"]["k"] for m in told(left)] == ["2", "3"]
    assert told(left) == []
    left.close()
    assert not (tmp_path / "run").exists()


@given(st.lists(st.integers(1, 5), max_size=30), st.sets(st.integers(0, 30)))
def test_a_point_is_told_once_whenever_it_is_sent(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int], sent_at: set[int]
) -> None:
    box, got = Outbox(tmp_path_factory.mktemp("box") / "run"), []
    for k, step in enumerate(steps):
        Log(box, "child").metrics(points(step))
        got += told(box) if k in sent_at else []
    got += told(box)
    of_points = [point[3] for message in got for point in message["metrics"]]
    assert of_points == list(dict.fromkeys(steps))
    box.close()


def test_metrics_of_a_run_that_follow_each_other_are_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "BATCH", 3)
    box = Outbox(tmp_path / "run")
    for step in range(4):
        Log(box, "a").metrics(points(step))
    Log(box, "b").metrics(points(0))
    sizes = [(message["run"], len(message["metrics"])) for message in told(box)]
    assert sizes == [("a", 3), ("a", 1), ("b", 1)]
    box.close()


def test_files_stay_when_the_run_takes_its_own_away(tmp_path: Path) -> None:
    (tmp_path / "draft").mkdir()
    (tmp_path / "draft" / "a.txt").write_text("kept")
    box = Outbox(tmp_path / "run")
    Log(box).files(tmp_path / "draft", "results")
    (tmp_path / "draft" / "a.txt").unlink()
    (message,) = told(box)
    assert (Path(message["path"]) / "a.txt").read_text() == "kept"
    box.close()


def test_what_has_begun_and_not_ended_is_known(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "run")
    for name in ("a", "b"):
        Log(box, name).open({})
    Log(box, "a").open({})
    Log(box, "a").end()
    assert box.unended() == ["b", ""]
    Log(box).end_all("FAILED")
    assert box.unended() == []
    assert [m["kind"] for m in told(box)] == ["open", "open", "end", "end", "end"]
    box.close()


def test_a_store_that_is_away_is_waited_for(clock: list[float]) -> None:
    said: list[str] = []
    assert patiently(failing(6), URI, 900, said.append) == "answer"
    assert clock == [1, 2, 4, 8, 15, 15]
    assert said[2] == (
        "MLflow at http://127.0.0.1:5000 does not answer; 3 s waited, trying for 897 s more"
    )


@pytest.mark.parametrize("limit", [0, 20])
def test_patience_ends_with_a_sentence_without_a_password(clock: list[float], limit: float) -> None:
    with pytest.raises(StoreError) as caught:
        patiently(failing(99), URI, limit, lambda _: None)
    assert sum(clock) == limit
    assert str(caught.value).startswith("the MLflow store at http://127.0.0.1:5000 cannot be used")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("error", [FileNotFoundError("no"), MlflowException("no", 1000)])
def test_what_will_not_pass_is_not_waited_for(clock: list[float], error: Exception) -> None:
    with pytest.raises(StoreError):
        patiently(failing(99, error), URI, 900, lambda _: None)
    assert clock == []


class Refusing(BaseHTTPRequestHandler):
    """A server that takes no password."""

    def do_GET(self) -> None:
        self.send_error(401)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def refusing() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://user:secret@127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_bad_password_is_said_at_once_and_not_shown(refusing: str, clock: list[float]) -> None:
    with pytest.raises(StoreError, match="401") as caught:
        patiently(lambda: MlflowClient(refusing).get_run("0" * 32), refusing, 900, lambda _: None)
    assert "secret" not in str(caught.value)
    assert clock == []


def test_addresses_lose_user_and_password_wherever_they_stand() -> None:
    text = "cannot reach postgresql://me:p@ss@db/mlflow and http://a:b@c/ but see http://d/e@f"
    assert without_password(text) == (
        "cannot reach postgresql://db/mlflow and http://c/ but see http://d/e@f"
    )


def test_the_sender_says_once_that_the_store_is_away_and_that_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbox, "_EVERY", 0.001)
    monkeypatch.setattr(outbox, "PAUSE", 0.002)
    action, back = failing(3), threading.Event()
    said: list[str] = []

    def send() -> None:
        action()
        back.set()

    sender = Sender(send, said.append, "http://127.0.0.1:5000")
    assert back.wait(60)
    sender.stop()
    assert [line.split("; ")[0] for line in said] == [
        "MLflow at http://127.0.0.1:5000 does not take what the run logs",
        "MLflow at http://127.0.0.1:5000 answers again",
    ]


def test_what_a_lost_answer_made_twice_is_once() -> None:
    there: list[int] = []

    def make() -> None:  # the client sent it again
        there.extend((1, 2))

    assert only(lambda: list(there), make, there.remove) == 1
    assert only(lambda: list(there), make, there.remove) == 1
    assert there == [1]


def test_a_line_that_was_cut_is_dropped_when_the_outbox_is_taken_over(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "box")
    box.put("", "open")
    box.put("", "tags", tags={"a": "b"})
    box.close()
    lines = tmp_path / "box" / "messages.jsonl"
    lines.write_bytes(lines.read_bytes()[:-5])
    again = Outbox(tmp_path / "box")
    assert set(again.unended()) == {""}
    again.put("", "end")
    sent: list[Message] = []
    again.send(sent.append)
    assert [message["kind"] for message in sent] == ["open", "end"]
    again.close()
