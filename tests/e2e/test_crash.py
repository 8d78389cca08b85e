"""kill -9 under load: every answered call is in the record, and no call reached the vendor without its decision."""

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from vendorgate.testing.fake_vendor import FakeRequest, FakeResponse, FakeVendor
from vendorgate.testing.running_gateway import RunningGateway, http

from .conftest import CONFIG, bearer


def _hammer(gateway: RunningGateway, token: str, stop: threading.Event, answered: list[str]) -> None:
    while not stop.is_set():
        try:
            number = random.randrange(10**9)
            body = f"amount=100&currency=usd&description=n{number}".encode()
            answer = http("POST", gateway.url + "/stripe/v1/transfers", headers=bearer(token), body=body)
        except OSError:
            time.sleep(0.02)
            continue
        except Exception:  # noqa: BLE001 - an answer cut by the kill can fail in many ways; it was not an answer
            continue
        if answer.status == 200:
            answered.append(answer.headers["vendorgate-call-id"])


def _rounds(rounds: int, tmp_path: Path) -> None:
    sent: list[str] = []

    def respond(request: FakeRequest) -> FakeResponse:
        sent.append(request.body.partition(b"description=")[2].decode())
        return FakeResponse()

    with FakeVendor(respond) as vendor:
        gateway = RunningGateway(CONFIG.replace("VENDOR", vendor.url), tmp_path, environ={"OPENAI_KEY": "sk-x"})
        gateway.cli("credentials", "set", "stripe-live", stdin=b"sk_live_crash")
        token = gateway.token("payroll-job", "payroll")
        answered: list[str] = []
        for _ in range(rounds):
            gateway.start()
            stop = threading.Event()
            threads = [threading.Thread(target=_hammer, args=(gateway, token, stop, answered)) for _ in range(8)]
            for thread in threads:
                thread.start()
            time.sleep(random.uniform(0.2, 0.9))
            gateway.kill()
            stop.set()
            for thread in threads:
                thread.join()
        before = time.monotonic()
        gateway.start()
        assert time.monotonic() - before < 5.0, "restart"
        try:
            calls = {call["id"]: call for call in gateway.calls("--limit", "100000")}
            assert len(answered) > 10 * rounds, "the control: calls were answered"
            assert [call_id for call_id in answered if call_id not in calls] == []
            assert all(calls[call_id]["state"] == "closed" for call_id in answered)
            recorded = {call["params"]["description"] for call in calls.values() if call["params"]}
            assert [text for text in sent if text not in recorded] == [], "sent without a recorded decision"
            assert {call["state"] for call in calls.values()} <= {"closed", "outcome_unknown"}
            assert gateway.cli("audit", "verify").returncode == 0
        finally:
            gateway.stop()


def test_kill_9_loses_nothing_that_was_answered_and_hides_nothing_that_was_sent(tmp_path: Path) -> None:
    _rounds(3, tmp_path)


@pytest.mark.nightly
def test_kill_9_fifty_times(tmp_path: Path) -> None:
    _rounds(50, tmp_path)


def test_a_killed_worker_is_started_again_and_its_calls_are_explained(tmp_path: Path) -> None:
    import os
    import signal
    import subprocess

    release = threading.Event()

    def respond(_: FakeRequest) -> FakeResponse:
        release.wait(10)
        return FakeResponse()

    with FakeVendor(respond) as vendor:
        config = CONFIG.replace("VENDOR", vendor.url)
        with RunningGateway(config, tmp_path, environ={"OPENAI_KEY": "sk-x"}) as gateway:
            gateway.cli("credentials", "set", "stripe-live", stdin=b"sk_live_crash")
            token = gateway.token("payroll-job", "payroll")
            call: Callable[[], object] = lambda: http(  # noqa: E731 - a thread's body
                "POST", gateway.url + "/stripe/v1/transfers", headers=bearer(token), body=b"amount=100&currency=usd"
            )
            errors: list[BaseException] = []
            thread = threading.Thread(target=lambda: _catch(call, errors))
            thread.start()
            while not vendor.requests:
                time.sleep(0.02)
            children = subprocess.run(
                ["pgrep", "-P", str(gateway.pid), "-f", "cli.worker"], capture_output=True, text=True, check=True
            )
            os.kill(int(children.stdout.split()[0]), signal.SIGKILL)
            thread.join()
            release.set()
            assert errors, "the client's connection broke"
            for _ in range(100):
                try:
                    if http("GET", gateway.url + "/.vendorgate/health").status == 200:
                        break
                except OSError:
                    time.sleep(0.05)
            (recorded,) = gateway.calls()
            assert (recorded["state"], recorded["vendor_status"]) == ("outcome_unknown", None)
            assert len(vendor.requests) == 1


def _catch(call: Callable[[], object], errors: list[BaseException]) -> None:
    try:
        call()
    except Exception as error:  # noqa: BLE001 - any break of the connection is what is waited for
        errors.append(error)
