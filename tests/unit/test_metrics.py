"""The file for Prometheus, read back by the library's own parser."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from roomreel import metrics
from roomreel.errors import StorageFailed
from roomreel.metrics import FAMILIES, count, export_metrics, measure_time
from roomreel.model.composition import CompositionStatus


@pytest.fixture(autouse=True)
def nothing_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_counted", {})


def outcome(**values: Any) -> Any:
    made = {
        "status": CompositionStatus.COMPLETED,
        "failure_code": None,
        "duration_ms": 60_000,
        "render_s": 24.0,
        "source_bytes": 1000,
        "size_bytes": 300,
    }
    return SimpleNamespace(**(made | values))


FAILED = outcome(
    status=CompositionStatus.FAILED, failure_code="nothing-usable", duration_ms=None, render_s=None
)


def told(file: Path) -> dict[tuple[str, tuple[str, ...]], float]:
    families = text_string_to_metric_families(file.read_text())
    return {
        (
            sample.name,
            tuple(
                sample.labels[label]
                for label in ("status", "code", "stage")
                if label in sample.labels
            ),
        ): sample.value
        for family in families
        for sample in family.samples
    }


def test_counters_go_on_from_run_to_run(tmp_path: Path) -> None:
    file = tmp_path / "figures" / "roomreel.prom"
    export_metrics([outcome(), outcome(duration_ms=12_000, render_s=6.0), FAILED], file)
    with measure_time("mix"):
        count("roomreel_commit_retries")
    export_metrics([outcome(render_s=30.0)], file)
    found = told(file)
    assert found["roomreel_compositions_total", ("completed", "")] == 3
    assert found["roomreel_compositions_total", ("failed", "nothing-usable")] == 1
    assert found["roomreel_composed_seconds_total", ()] == 132
    assert found["roomreel_render_seconds_total", ()] == 60
    assert found["roomreel_speed", ()] == 2
    assert found["roomreel_output_bytes_total", ()] == 900
    assert found["roomreel_source_bytes_total", ()] == 3000
    assert found["roomreel_commit_retries_total", ()] == 1
    assert found["roomreel_stage_seconds_total", ("mix",)] >= 0
    age_s = datetime.now(UTC).timestamp() - found["roomreel_last_record_timestamp_seconds", ()]
    assert 0 <= age_s < 3600
    assert not [left for left in tmp_path.iterdir() if left.name.startswith("roomreel-attempt")]


def test_every_name_has_its_help_and_type(tmp_path: Path) -> None:
    file = tmp_path / "roomreel.prom"
    export_metrics([outcome()], file)
    families = {f.name: f for f in text_string_to_metric_families(file.read_text())}
    assert families.keys() == FAMILIES.keys()
    for name, family in FAMILIES.items():
        assert families[name].documentation == family.help
        assert families[name].type == ("counter" if family.is_counter else "gauge")


def test_many_at_once_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "roomreel.prom"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: export_metrics([outcome()], file), range(40)))
    assert told(file)["roomreel_compositions_total", ("completed", "")] == 40


@pytest.mark.parametrize("text", ["{{{ not figures", 'roomreel_compositions_total{x="y"} 7\n', ""])
def test_a_file_that_others_wrote_in_begins_anew(tmp_path: Path, text: str) -> None:
    file = tmp_path / "roomreel.prom"
    file.write_text(text)
    export_metrics([outcome()], file)
    assert told(file)["roomreel_compositions_total", ("completed", "")] == 1


def test_what_cannot_be_written_is_told_the_next_time(tmp_path: Path) -> None:
    folder = tmp_path / "roomreel.prom"
    (folder / "full").mkdir(parents=True)
    with pytest.raises(StorageFailed):
        export_metrics([outcome()], folder)
    file = tmp_path / "other.prom"
    export_metrics([], file)
    assert told(file)["roomreel_compositions_total", ("completed", "")] == 1


def test_every_name_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
    rows = {
        (name.strip(" `"), tuple(labels.replace("`", "").replace(" ", "").split(",")))
        for line in text.partition("## Of serve")[0].splitlines()
        if line.startswith("| `")
        for _, name, labels, *_ in [line.split("|")]
    }
    assert rows == {
        (f"{name}_total" if family.is_counter else name, family.labels or ("",))
        for name, family in FAMILIES.items()
    }
