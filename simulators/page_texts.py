"""The words of the simulator's page in both languages."""

TEXTS = {
    "title": ("安校模拟器", "Anxiao simulator"),
    "note": (
        "这里的学校、设备和报警全部是模拟的。",
        "Every school, device and alarm here is simulated.",
    ),
    "window": (
        "未在系统中登记测试或演练窗口时，测试和演练按下同样按真实报警处理。",
        "Without a window declared in the system, test and drill presses are treated as real alarms.",
    ),
    "search": ("按名称、学校代码或网关查找", "Find by name, school code or gateway"),
    "find": ("查找", "Find"),
    "running": ("网关运行", "Gateways running"),
    "presses": ("已按下", "Presses"),
    "failed": ("按下失败（网关关闭）", "Presses failed (gateway off)"),
    "falls": ("网关异常重启", "Gateways restarted after a fault"),
    "shown": ("显示", "Shown"),
    "school": ("学校", "School"),
    "gateway": ("网关", "Gateway"),
    "state": ("状态", "State"),
    "alarm": ("报警", "Alarm"),
    "trouble": ("故障", "Trouble"),
    "recent": ("最近发生", "What happened"),
    "nothing": ("尚无记录", "Nothing yet"),
    "none_found": ("没有找到学校", "No school found"),
    "on": ("运行", "running"),
    "off": ("关闭", "off"),
    "starting": ("启动中", "starting"),
    "killed": ("已断开", "killed"),
    "no_mains": ("停电", "no power"),
    "press": ("按下报警", "Press"),
    "test_press": ("测试按下", "Test press"),
    "drill_press": ("演练按下", "Drill press"),
    "kill_gateway": ("关闭网关", "Kill gateway"),
    "start_gateway": ("启动网关", "Start gateway"),
    "power_cut": ("全镇停电", "Power cut in town"),
    "power_back": ("恢复供电", "Power back"),
    "camera_off": ("摄像机断开/恢复", "Cameras off/on"),
    "barrier_down": ("防冲撞降下/升起", "Barrier down/up"),
    "gate_open": ("校门常开/恢复", "Gate open/normal"),
    "guard_leaves": ("保安离岗/到岗", "Guards leave/return"),
    "host_off": ("报警主机断开/恢复", "Alarm host off/on"),
    "gateway_off": ("网关已关闭，按下未被接收。真实学校仍可直接拨打110。",
                    "The gateway is off: nobody took the press. A real school still has its own line to 110."),
    "other": ("English", "中文"),
}  # fmt: skip
LANGUAGES = ("zh", "en")


def text(name: str, language: str) -> str:
    """Give a text in a language; an unknown name is shown as it is."""
    pair = TEXTS.get(name)
    return name if pair is None else pair[language == "en"]
