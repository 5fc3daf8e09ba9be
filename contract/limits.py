"""Every limit of the wire, with its reason; both ends enforce the same numbers."""

VERSION = 1  # The major of CS1. Additive changes need no new one: unknown keys are ignored.
VERSIONS_ACCEPTED = (1,)  # The server takes this major and, for a year after a new one, the one before it.

BATCH_BYTES_MAX = 262_144  # Inflated. Brokers are set to the same, so an oversized one is refused at the door.
BATCH_RECORDS_MAX = (
    500  # At 220 bytes a record this is 110 kB: one fdatasync and one transaction, well under the byte limit.
)
COMPRESS_ABOVE_BYTES = 1_024  # Below one network segment zlib saves nothing that matters.
DEPTH_MAX = 4  # batch > records > metrics > value; deeper nesting is nobody's reading.
METRICS_PER_RECORD_MAX = 32
TEXT_BYTES_MAX = 256
INTEGER_ABS_MAX = 2**53 - 1  # The largest integer every JSON reader keeps exactly.
HOLE_POSITIONS_MAX = 10_000_000  # A month of readings at one school; a larger claim is damage, not shedding.
DEVICES_PER_BIRTH_MAX = 200
DEVICES_PER_GATEWAY_MAX = 2_000
OPEN_PRESSES_MAX = 256  # In a heartbeat; the outbox still holds every press.
OLD_EPOCHS_MAX = 64

COMMAND_SECONDS_MAX = 30  # From its signature to its end: an order that comes late is no longer what somebody wanted.
COMMAND_ARGUMENTS_MAX = 16
RESULT_KEPT_SECONDS = 86_400  # How long a gateway answers a repeated command with what became of it.

HEARTBEAT_SECONDS = 15
PATH_SILENT_SECONDS = 45  # Three heartbeats: one lost, one late, one to be sure.
HTTPS_AFTER_SECONDS = 0.3  # An alarm without a receipt after this goes out by HTTPS too.
BATCHES_PER_SECOND_MAX = 20  # For each gateway; above it the telemetry lane is slowed, the alarm lane never.
WINDOW_DEFAULT = 4
WINDOW_MAX = 16
