"""Every setting of the server, read once from the environment, a TOML file and the command line into a frozen object."""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from contract.errors import ConfigurationError


class Settings(BaseSettings):
    """All settings, each documented in docs/configuration.md. Environment names are `ANXIAO_` and the field's name."""

    model_config = SettingsConfigDict(env_prefix="ANXIAO_", frozen=True, extra="forbid")

    name: str = Field("server-1", pattern=r"^[a-z0-9-]{1,32}$")
    city: str = "钦州市"
    city_en: str = "Qinzhou"
    folder: Path = Path("var/server")
    database: SecretStr = SecretStr("")  # Empty means SQLite in the folder. It may hold a password, so it is never printed.
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65_535)
    tls_cert: Path | None = None
    tls_key: Path | None = None
    brokers: tuple[str, ...] = ("mqtt://127.0.0.1:1883",)
    door: Literal["default", "fast"] = "default"
    sparkplug: Path | None = None  # The mapping file; without it no edge node is heard.
    history: Literal["duckdb", "influx", "influx1", "victoria", "none"] = "duckdb"
    history_url: str = ""
    history_token: SecretStr = SecretStr("")
    history_org: str = "anxiao"
    history_bucket: str = "anxiao"
    raw_days: int = Field(14, ge=2, le=3_650)
    archive: Path | None = None  # None means a folder in `folder`.
    archive_days: int = Field(400, ge=2, le=36_500)
    channels: Path | None = None  # The channel file; without it nobody is told but by the screens.
    evidence: Path | None = None  # None means a folder in `folder`.
    evidence_real_days: int = Field(1_825, ge=30, le=36_500)
    evidence_rehearsal_days: int = Field(400, ge=30, le=36_500)
    evidence_fault_days: int = Field(400, ge=30, le=36_500)
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @classmethod
    def settings_customise_sources(  # The signature is pydantic's.
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take the command line before the environment before the TOML file; no .env file is ever read."""
        sources: tuple[PydanticBaseSettingsSource, ...] = (init_settings, env_settings, file_secret_settings)
        path = cls.model_config.get("toml_file")
        return (*sources, TomlConfigSettingsSource(settings_cls)) if path else sources


def archive_folder(settings: Settings) -> Path:
    """Give the folder of the archive."""
    return settings.archive or settings.folder / "archive"


def evidence_folder(settings: Settings) -> Path:
    """Give the folder of attachments and of what holds keep."""
    return settings.evidence or settings.folder / "evidence"


def read_settings(config: Path | None, **given: object) -> Settings:
    """Read the settings; raise `ConfigurationError` naming each wrong one and what is allowed."""
    if config is not None and not config.is_file():
        raise ConfigurationError(f"{config}: no such file")

    class FromFile(Settings):
        model_config = SettingsConfigDict(env_prefix="ANXIAO_", frozen=True, extra="forbid", toml_file=config)

    try:
        return FromFile(**{key: value for key, value in given.items() if value is not None})  # type: ignore[arg-type]
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{config}: {error}") from None
    except ValidationError as error:
        lines = [
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors(include_input=False)
        ]
        raise ConfigurationError(f"{config or 'settings'}: " + "; ".join(lines)) from None
