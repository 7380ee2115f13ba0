"""How often somebody may ask, with a clock that stands still unless it is moved."""

import pytest

from lrs_stats.access.throttle import Attempts, Throttle
from lrs_stats.errors import TooManyRequests, Unauthorized


class Clock:
    """Seconds that pass when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def admitted(throttle: Throttle, name: str, times: int) -> int:
    """Return how many of some requests are let through."""
    count = 0
    for _ in range(times):
        try:
            throttle.admit(name)
        except TooManyRequests:
            continue
        count += 1
    return count


def test_ten_seconds_may_come_at_once_and_then_so_many_a_second(clock: Clock) -> None:
    throttle = Throttle(5, clock=clock)
    assert admitted(throttle, "a", 100) == 50
    clock.now += 2
    assert admitted(throttle, "a", 100) == 10
    clock.now += 3600
    assert admitted(throttle, "a", 100) == 50


def test_names_have_nothing_to_do_with_each_other(clock: Clock) -> None:
    throttle = Throttle(1, clock=clock)
    assert admitted(throttle, "a", 20) == 10
    assert admitted(throttle, "b", 20) == 10


def test_zero_is_no_limit(clock: Clock) -> None:
    assert admitted(Throttle(0, clock=clock), "a", 10_000) == 10_000


@pytest.mark.parametrize(
    ("per_second", "asked", "seconds"), [(1, 0.0, "1"), (1, 0.9, "1"), (1000, 0.0, "1")]
)
def test_the_answer_says_when_to_try_again(
    clock: Clock, per_second: int, asked: float, seconds: str
) -> None:
    throttle = Throttle(per_second, clock=clock)
    admitted(throttle, "a", 10_000)
    clock.now += asked
    with pytest.raises(TooManyRequests) as refused:
        throttle.admit("a")
    assert refused.value.headers == {"Retry-After": seconds}
    clock.now += int(seconds)
    throttle.admit("a")


def test_memory_is_bounded_and_who_is_there_is_kept(clock: Clock) -> None:
    throttle = Throttle(1, most=100, clock=clock)
    admitted(throttle, "a", 10)
    for number in range(5000):
        throttle.admit(f"{number}")
        if number % 50 == 0:
            clock.now += 1
            throttle.admit("a")
    assert len(throttle._buckets) == 100
    assert "a" in throttle._buckets


# Failed authentications


def attempt(attempts: Attempts, address: str, sent: str | None, *, good: bool) -> int:
    """Return the status with which an attempt is answered."""
    try:
        with attempts.limited(address, sent):
            if not good:
                raise Unauthorized("Nobody.")  # noqa: TRY301 - as an authentication does
    except (Unauthorized, TooManyRequests) as refused:
        return refused.status
    return 200


def test_guesses_end(clock: Clock) -> None:
    attempts = Attempts(Throttle(1, clock=clock))
    seen = [attempt(attempts, "192.0.2.1", f"Basic {n}", good=False) for n in range(20)]
    assert seen == [401] * 10 + [429] * 10
    # A guess that would be right is not even looked at: its answer would tell.
    assert attempt(attempts, "192.0.2.1", "Basic right", good=True) == 429
    assert attempt(attempts, "192.0.2.2", "Basic right", good=True) == 200
    clock.now += 1
    assert attempt(attempts, "192.0.2.1", "Basic right", good=True) == 200


def test_who_is_known_goes_on_working_beside_who_guesses(clock: Clock) -> None:
    attempts = Attempts(Throttle(1, clock=clock))
    assert attempt(attempts, "192.0.2.1", "Basic known", good=True) == 200
    for number in range(20):
        attempt(attempts, "192.0.2.1", f"Basic {number}", good=False)
    assert attempt(attempts, "192.0.2.1", "Basic known", good=True) == 200
    # revoked in the meantime: it is refused as such once, and then like all others
    assert attempt(attempts, "192.0.2.1", "Basic known", good=False) == 429
    clock.now += 1
    assert attempt(attempts, "192.0.2.1", "Basic known", good=False) == 401


def test_nobody_guesses_nothing(clock: Clock) -> None:
    attempts = Attempts(Throttle(1, clock=clock))
    for sent in [None, ""] * 20:
        assert attempt(attempts, "192.0.2.1", sent, good=False) == 401


@pytest.mark.parametrize(
    ("address", "other", "status"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", 429),
        ("2001:db8::1", "2001:db8:0:1::1", 401),
        ("192.0.2.1", "192.0.2.2", 401),
        ("", "", 429),
        ("unix:", "no address", 401),
    ],
)
def test_what_counts_as_one_address(clock: Clock, address: str, other: str, status: int) -> None:
    attempts = Attempts(Throttle(1, clock=clock))
    for number in range(20):
        attempt(attempts, address, f"Basic {number}", good=False)
    assert attempt(attempts, other, "Basic x", good=False) == status


def test_known_callers_are_bounded(clock: Clock) -> None:
    attempts = Attempts(Throttle(1, clock=clock), most=10)
    for number in range(100):
        attempt(attempts, "192.0.2.1", f"Basic {number}", good=True)
    assert len(attempts._known) == 10
