"""A camera of the open kitchen (明厨亮灶), with what it recognises."""

from contract.kind import Kind, Pillar, boolean, integer, number, word

KIND = Kind(
    name="kitchen_camera",
    label="明厨亮灶摄像机",
    label_en="Kitchen camera",
    pillar=Pillar.LOCAL,
    metrics=(
        boolean("online", "在线", "Online"),
        boolean("stream", "码流正常", "Stream works"),
        number("bitrate", "码率", "Bit rate", "kbit/s", 0.0, 32_768.0, deadband=256.0),
        word("ai_event", "智能识别", "Recognised", ("none", "rat", "no_hat", "no_mask", "smoke", "bin_open")),
        integer("ai_confidence", "识别置信度", "Confidence", "%", 0, 100, deadband=5.0),
    ),
)
