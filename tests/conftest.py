"""How far the property tests look: a fixed sample at each push, and many times as far in `nox -s tests-full`."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "push", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.register_profile("full", settings.get_profile("push"), max_examples=2000, derandomize=False, print_blob=True)
settings.load_profile("push")
