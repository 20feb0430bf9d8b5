from app.language_models.breaker import CircuitBreaker, CircuitState


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Clock) -> CircuitBreaker:
    breaker = CircuitBreaker(failures=2, reset_seconds=10, clock=clock)
    for _ in range(2):
        assert breaker.admit()
        breaker.fail()
        breaker.release()
    return breaker


def test_opens_after_failures_in_a_row() -> None:
    breaker = opened(Clock())
    assert breaker.state is CircuitState.OPEN
    assert not breaker.admit()


def test_a_success_between_starts_the_count_again() -> None:
    breaker = CircuitBreaker(failures=2, reset_seconds=10, clock=Clock())
    for _ in range(5):
        breaker.fail()
        breaker.succeed()
    assert breaker.admit()


def test_half_open_after_the_pause_admits_one() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 9.9
    assert not breaker.admit()
    clock.now += 0.1
    assert breaker.state is CircuitState.HALF_OPEN
    assert [breaker.admit() for _ in range(3)] == [True, False, False]


def test_a_failed_probe_opens_for_another_pause() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 10
    assert breaker.admit()
    breaker.fail()
    breaker.release()
    assert breaker.state is CircuitState.OPEN
    clock.now += 10
    assert breaker.admit()


def test_a_good_probe_closes() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 10
    assert breaker.admit()
    breaker.succeed()
    breaker.release()
    assert breaker.state is CircuitState.CLOSED
    breaker.fail()
    assert breaker.state is CircuitState.CLOSED


def test_a_probe_without_outcome_leaves_its_place_to_the_next() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 10
    assert breaker.admit()
    breaker.release()
    assert breaker.admit()


def test_late_failures_do_not_prolong_the_pause() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 6
    breaker.fail()
    clock.now += 4
    assert breaker.state is CircuitState.HALF_OPEN
