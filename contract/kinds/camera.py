"""A network camera: reachability, stream, picture and clock. Pictures never travel as telemetry."""

from contract.kind import Kind, Pillar, boolean, integer, number, word

KIND = Kind(
    name="camera",
    label="摄像机",
    label_en="Camera",
    pillar=Pillar.VIDEO,
    type_code="132",
    metrics=(
        boolean("online", "在线", "Online"),
        boolean("stream", "码流正常", "Stream works"),
        number("bitrate", "码率", "Bit rate", "kbit/s", 0.0, 32_768.0, deadband=256.0),
        number("fps", "帧率", "Frame rate", "/s", 0.0, 120.0, deadband=1.0),
        number("packet_loss", "丢包率", "Packet loss", "%", 0.0, 100.0, deadband=0.5),
        number("rtt", "往返时延", "Round trip", "ms", 0.0, 60_000.0, deadband=20.0),
        word(
            "picture",
            "图像诊断",
            "Picture",
            (
                "good",
                "signal_loss",
                "black",
                "white",
                "dark",
                "freeze",
                "blur",
                "covered",
                "cast",
                "fog",
                "noise",
                "stripe",
                "flicker",
                "moved",
                "not_diagnosable",
            ),
            period_seconds=300,
        ),
        integer("picture_score", "图像评分", "Picture score", "1", 0, 100, deadband=5.0),
        integer("clock_offset", "时钟偏差", "Clock offset", "ms", -(2**52), 2**52, period_seconds=900, deadband=500.0),
        boolean("recording", "录像中", "Recording", period_seconds=900),
        word("ai_event", "智能识别", "Recognised", ("none", "weapon", "fight", "intrusion", "fall", "crowd")),
        integer("ai_confidence", "识别置信度", "Confidence", "%", 0, 100, deadband=5.0),
        # When the police side last pulled this picture, or its cascade last reported it on line.
        integer("police_pull", "公安侧最近调阅", "Last police-side pull", "ms", 0, 2**53 - 1, period_seconds=3600),
    ),
)
