"""One setting for all properties: enough examples to mean something, no time limit for one."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "properties",
    max_examples=1000,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("properties")
