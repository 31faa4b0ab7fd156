"""The wheel and the editable install, each in an environment of its own, used from elsewhere."""

import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from roomreel import __version__

ROOT = Path(__file__).parents[2]
PACKAGES = ("roomreel.flows", "roomreel.tasks", "roomreel.layouts")
# What other projects call their own, too.
TOPS = ("flows", "tasks", "layouts")

WHEEL = ("wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir")

pytestmark = pytest.mark.slow


def pip(*arguments: object) -> None:
    # Nothing is fetched: the builder is in the environment of the tests.
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    subprocess.run([sys.executable, "-m", "pip", *quiet, *map(str, arguments)], check=True)


@pytest.fixture(params=["wheel", pytest.param("editable", marks=pytest.mark.soak)])
def environment(request, tmp_path_factory) -> Path:
    """An environment with roomreel, and its dependencies borrowed from that of the tests."""
    folder = tmp_path_factory.mktemp(request.param)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    places = sysconfig.get_paths(vars={"base": str(folder), "platbase": str(folder)})
    # A folder that is named in a .pth file is searched, but the .pth files in it are not read: the
    # editable install of the tests' own environment stays out.
    borrowed = Path(sysconfig.get_paths()["purelib"])
    (Path(places["purelib"]) / "_borrowed.pth").write_text(f"{borrowed}\n")
    if request.param == "wheel":
        what = [request.getfixturevalue("wheel")]
    else:
        what = ["--no-build-isolation", "--editable", ROOT]
    # --ignore-installed: that roomreel is known to the borrowed folder is not to matter.
    pip("--python", python, "install", "--no-deps", "--no-index", "--ignore-installed", *what)
    return folder


def run(program: Path, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    argv = [str(program), *map(str, arguments)]
    return subprocess.run(argv, cwd=cwd, env=clean, capture_output=True, text=True, check=False)


def test_an_installation_works_from_another_folder(environment, tmp_path):
    roomreel = environment / "bin" / "roomreel"
    version = run(roomreel, "--version", cwd=tmp_path)
    assert (version.stdout, version.stderr) == (f"roomreel {__version__}\n", "")
    grid = ROOT / "layouts" / "grid.json"
    checked = run(roomreel, "validate", grid, cwd=tmp_path)
    assert (checked.returncode, checked.stdout) == (0, f"{grid}: valid roomreel.template/1\n")
    code = (
        "from roomreel.api.documents import find_template; from roomreel.settings import Settings;"
        "print(find_template('presenter', Settings()).friendly_name)"
    )
    found = run(environment / "bin" / "python", "-c", code, cwd=tmp_path)
    assert found.stdout == "presenter\n", found.stderr
    report = run(roomreel, "report", "--html", "report.html", cwd=tmp_path)
    assert (report.returncode, report.stdout) == (2, "")
    assert f"there are no catalogs in {tmp_path}/data/store/catalog" in report.stderr


def test_one_name_is_installed(environment, tmp_path):
    home = environment if "wheel" in environment.name else ROOT
    python = environment / "bin" / "python"
    for package in PACKAGES:
        ran = run(python, "-c", f"import {package}; print({package}.__file__)", cwd=tmp_path)
        assert Path(ran.stdout.strip()).is_relative_to(home), ran.stderr
    for top in TOPS:
        ran = run(python, "-c", f"import {top}", cwd=tmp_path)
        assert f"ModuleNotFoundError: No module named '{top}'" in ran.stderr


def test_packages_of_the_same_names_are_left_alone(environment, tmp_path):
    for top in TOPS:
        (tmp_path / top).mkdir()
        for module in ("__init__", "nightly", "mix"):
            (tmp_path / top / f"{module}.py").write_text("this is no Python\n")
    night = run(environment / "bin" / "roomreel", "nightly", "--dry-run", cwd=tmp_path)
    assert "SyntaxError" not in night.stdout + night.stderr
    assert "data/rooms: it does not exist" in night.stderr


def test_the_wheel_has_what_runs_and_nothing_else(wheel):
    names = names_in(wheel)
    assert {name.split("/")[0] for name in names} == {
        "roomreel",
        f"roomreel-{__version__}.dist-info",
    }
    data = {
        str(file.relative_to(ROOT))
        for folder in ("roomreel/layouts", "roomreel/schemas")
        for file in (ROOT / folder).glob("*.json")
    }
    assert len(data) > 10
    assert data | {"roomreel/py.typed"} <= names
    console = ROOT / "roomreel" / "web" / "console"
    pages = {str(file.relative_to(ROOT)) for file in console.rglob("*.*") if file.suffix != ".pyc"}
    assert {"console.css", "htmx.min.js", "base.html.jinja"} <= {Path(name).name for name in pages}
    assert pages <= names
    for licence in ("LICENSE", "htmx.LICENSE", "htmx-sse.LICENSE"):
        assert any(re.search(rf"licenses/(.*/)?{licence}$", name) for name in names)
    assert not [name for name in names if "__pycache__" in name]


def test_a_source_archive_makes_the_same_wheel(wheel, tmp_path):
    argv = [sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory"]
    subprocess.run([*argv, tmp_path], cwd=ROOT, check=True)
    (archive,) = tmp_path.iterdir()
    pip(*WHEEL, tmp_path / "dist", archive)
    assert names_in(next((tmp_path / "dist").iterdir())) == names_in(wheel)


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())
