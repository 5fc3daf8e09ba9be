"""Every expected trouble, as one tree of types.

    AnxiaoError
    ├── Refused            input that breaks the contract; carries a `Reason` that is counted
    ├── ConfigurationError a setting, site file or roster that cannot be used; names where and what is allowed
    ├── StorageError       a disk or database that did not do what it promised
    └── Unreachable        a peer that did not answer

Our own mistakes are not here: they meet `assert`.
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why input was refused. Each value is a counter's label and is written beside the dead letter."""

    NOT_JSON = "not_json"
    BAD_COMPRESSION = "bad_compression"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    BAD_SHAPE = "bad_shape"
    WRONG_VERSION = "wrong_version"
    FOREIGN_GATEWAY = "foreign_gateway"
    WRONG_LANE = "wrong_lane"
    BAD_TOPIC = "bad_topic"
    BAD_IDENTITY = "bad_identity"
    BAD_POSITION = "bad_position"
    TOO_MANY_RECORDS = "too_many_records"
    UNKNOWN_RECORD = "unknown_record"
    UNKNOWN_GATEWAY = "unknown_gateway"
    BAD_VALUE = "bad_value"
    OUT_OF_RANGE = "out_of_range"
    POSITION_CONFLICT = "position_conflict"
    ID_TAKEN = "id_taken"


class AnxiaoError(Exception):
    """The root of every trouble we expect."""


class Refused(AnxiaoError):
    """Input that breaks the contract; `reason` is counted, `detail` says what came and what is allowed."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason.value}: {detail}")
        self.reason = reason
        self.detail = detail


class ConfigurationError(AnxiaoError):
    """A setting, site file or roster that cannot be used; the message names the place and what is allowed."""


class StorageError(AnxiaoError):
    """A disk or database that did not do what it promised; nothing may be acknowledged on top of it."""


class Unreachable(AnxiaoError):
    """A peer that did not answer in time; the caller keeps what it has and tries again."""
