"""Settings about places: folders, stores, and the S3 server."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr

from roomreel.model.external import External
from roomreel.model.location import Location
from roomreel.settings.kinds import AnyLocation, Endpoint, LocalPath, LocationText

LOCAL_STORE = Path("data/store")
LAYOUTS = str(files("roomreel.layouts"))
"""The templates that come with roomreel."""
LAYOUT_ASSETS = f"{LAYOUTS}/assets"
"""The images that they draw."""


class Group(BaseModel):
    """Settings that belong together."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class Places(Group):
    """The folders and stores that are read and written: a path, or s3://bucket/prefix.

    Read by `roomreel.settings.load`, every path is absolute: a relative one of a file starts at the
    folder of the file, any other at `folder`.
    """

    folder: LocalPath = Field(
        default_factory=Path.cwd,
        description="Where relative paths start that stand in no file; unset: the folder that the"
        " command was started in. Runs that Prefect starts have it as `ROOMREEL_FOLDER`.",
    )
    manifests: LocationText = Field(
        default="data/rooms",
        description="Folder of room manifests (searched for `**/*.json`), or a path or URL glob.",
    )
    templates: LocationText | None = Field(
        default=None,
        description="Folder of templates (`*.json`); unset: the layouts that come with roomreel.",
    )
    media_roots: list[LocationText] = Field(
        default=["data/rooms"],
        description="Folders that media may lie in. A manifest cannot reach outside them.",
    )
    assets: AnyLocation | None = Field(
        default=None,
        description="Folder of the images that templates draw; unset: those that come with "
        "the layouts of roomreel, such as their `logo.png`.",
    )
    fonts: list[LocalPath] = Field(
        default=[],
        description="Folders of fonts for texts, beside those that come with roomreel. Machines "
        "that render the same rooms need the same fonts.",
    )
    store: AnyLocation = Field(
        default=LOCAL_STORE, description="Where compositions, catalogs and journal live."
    )
    compositions: AnyLocation | None = Field(
        default=None, description="Finished files; unset: `<store>/compositions`."
    )
    catalog: AnyLocation | None = Field(
        default=None, description="The catalogs; unset: `<store>/catalog`."
    )
    journal: AnyLocation | None = Field(
        default=None, description="Rows on their way into the catalogs; unset: `<store>/journal`."
    )
    scratch: LocalPath | None = Field(
        default=None,
        description="Folder of this machine for half-done work and the cache of sources; unset: "
        "`<store>/scratch`, or `data/store/scratch` where the store is in S3.",
    )
    parts: LocalPath | None = Field(
        default=None,
        description="Finished parts of compositions that are not joined yet. Where machines share "
        "one room (`spread`), a folder that all of them mount; unset: `<scratch>/parts`.",
    )
    prefect_home: LocalPath | None = Field(
        default=None,
        description="Prefect's own files; `~/.prefect` is not touched; unset: `<store>/prefect`, "
        "or `data/store/prefect` where the store is in S3.",
    )
    service_home: LocalPath | None = Field(
        default=None,
        description="Folder of this machine for account, secrets and database of `serve`; unset: "
        "`<store>/service`, or `data/store/service` where the store is in S3.",
    )
    service_database: SecretStr | None = Field(
        default=None,
        description="Database of `serve`: `postgresql://user:password@host/name`. Needed where "
        "more than one machine takes part; unset: SQLite in `service_home`.",
    )

    _external: External | None = PrivateAttr(default=None)

    def publishing_to(self, external: External) -> Self:
        """Return the settings, by which media of compositions go to a bucket of others."""
        copied = self.model_copy()
        copied._external = external  # noqa: SLF001  of its own class
        return copied

    @property
    def external(self) -> External | None:
        """Folder of others that media of compositions go to; None: they stay with us."""
        return self._external

    @property
    def buckets(self) -> frozenset[str]:
        """The buckets that this installation reads and writes as its own."""
        places = (self.store, self.compositions_root, self.catalog_root, self.journal_root)
        texts = (*map(str, places), *self.read_only)
        return frozenset(
            rest.partition("/")[0]
            for text in texts
            for _, is_url, rest in [text.partition("://")]
            if is_url
        )

    @property
    def read_only(self) -> list[str]:
        """The folders that others fill: of manifests, templates, media and assets."""
        assets = [] if self.assets is None else [str(self.assets)]
        return [self.manifests, self.templates_root, *self.media_roots, *assets]

    @property
    def assets_root(self) -> str:
        """Folder of assets: a path or a URL."""
        return LAYOUT_ASSETS if self.assets is None else str(self.assets)

    @property
    def templates_root(self) -> str:
        """The folder of templates: those that come with roomreel, unless set."""
        return self.templates or LAYOUTS

    @property
    def catalog_root(self) -> Location:
        """The folder that analysts read: <store>/catalog."""
        return self.catalog or self.store / "catalog"

    @property
    def journal_root(self) -> Location:
        """Committed but not yet merged: <store>/journal."""
        return self.journal or self.store / "journal"

    @property
    def compositions_root(self) -> Location:
        """Finished files: <store>/compositions."""
        return self.compositions or self.store / "compositions"

    @property
    def rooms_root(self) -> Location:
        """Folders of the rooms that came by the API, read beside `manifests`: <store>/rooms."""
        return self.store / "rooms"

    @property
    def media_folders(self) -> list[str]:
        """All folders that media may lie in: media_roots, and that of rooms by the API."""
        return [*self.media_roots, str(self.rooms_root)]

    @property
    def settings_root(self) -> Location:
        """Settings by the API, and the credentials for them: <store>/settings."""
        return self.store / "settings"

    @property
    def hooks_root(self) -> Location:
        """Templates that came by the API: <store>/hooks."""
        return self.store / "hooks"

    @property
    def indexes_root(self) -> Path:
        """Packet indexes of recordings; may be removed at any time."""
        return self._local_store / "indexes"

    @property
    def scratch_root(self) -> Path:
        """Half-done work; same file system as the store unless set otherwise."""
        return self.scratch or self._local_store / "scratch"

    @property
    def parts_root(self) -> Path:
        """Finished parts of compositions that are not joined yet."""
        return self.parts or self.scratch_root / "parts"

    @property
    def prefect_root(self) -> Path:
        """Prefect's home."""
        return self.prefect_home or self._local_store / "prefect"

    @property
    def service_root(self) -> Path:
        """The home of the service."""
        return self.service_home or self._local_store / "service"

    @property
    def service_file(self) -> Path:
        """The database of the service, where it is a file."""
        return self.service_root / "service.db"

    @property
    def has_service(self) -> bool:
        """True where there is a service database, which sends callbacks, too."""
        return self.service_database is not None or self.service_file.exists()

    @property
    def _local_store(self) -> Path:
        return self.store if isinstance(self.store, Path) else self.folder / LOCAL_STORE


class ObjectStore(Group):
    """The S3 server, and who asks it.

    No credential is a setting: they come by the usual AWS means, or from Prefect.
    """

    s3_endpoint: Endpoint | None = Field(
        default=None, description="URL of the S3 server; unset: `AWS_ENDPOINT_URL_S3`, or AWS."
    )
    s3_region: str | None = Field(default=None, description="Region; unset: `AWS_REGION`.")
    s3_profile: str | None = Field(
        default=None, description="Profile of the AWS configuration; unset: `AWS_PROFILE`."
    )
    s3_credentials: str | None = Field(
        default=None,
        description="Secret block of Prefect from which flow runs take credentials; unset: none.",
    )

    @property
    def s3_environment(self) -> dict[str, str]:
        """The variables by which every S3 client, in child processes too, finds the store."""
        wanted = {
            "AWS_ENDPOINT_URL_S3": self.s3_endpoint,
            "AWS_REGION": self.s3_region,
            "AWS_DEFAULT_REGION": self.s3_region,
            "AWS_PROFILE": self.s3_profile,
        }
        return {name: value for name, value in wanted.items() if value is not None}
