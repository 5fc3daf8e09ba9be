"""The one-key audio/video alarm host in the gate room: paths, power, audio, last test."""

from contract.kind import Kind, Pillar, Urgency, boolean, integer, number, word

KIND = Kind(
    name="alarm_host",
    label="一键报警主机",
    label_en="One-key alarm host",
    pillar=Pillar.ALARM,
    urgency=Urgency.URGENT,
    type_code="117",
    metrics=(
        boolean("online", "在线", "Online"),
        boolean("path_main", "主通道", "Main path"),
        boolean("path_backup", "备用通道", "Backup path"),
        integer("rssi", "信号强度", "Signal strength", "dB[mW]", -140, -40),
        boolean("mains", "市电", "Mains power", period_seconds=300),
        number("battery_v", "电池电压", "Battery voltage", "V", 0.0, 16.0, deadband=0.1),
        boolean("tamper", "防拆", "Tamper"),
        boolean("audio_ok", "音频正常", "Audio works", period_seconds=300),
        word("call_state", "通话状态", "Call state", ("idle", "ring", "talk")),
        integer("last_test", "最近测试时间", "Last test", "ms", 0, 2**53 - 1, period_seconds=3600),
        integer("last_test_latency", "最近测试时延", "Last test latency", "ms", 0, 60_000, period_seconds=3600),
        # The police side acknowledges a test or keepalive through the alarm operator's platform; this is when it last did.
        integer("police_ack", "公安侧最近应答", "Last police-side acknowledgement", "ms", 0, 2**53 - 1, period_seconds=3600),
        number("temp", "温度", "Temperature", "Cel", -40.0, 85.0, period_seconds=900, deadband=0.5),
        number("humidity", "湿度", "Humidity", "%", 0.0, 100.0, period_seconds=900, deadband=2.0),
    ),
)
