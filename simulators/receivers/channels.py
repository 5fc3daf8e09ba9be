"""A channel file whose channels lead to the simulated receivers; it is no secret, and has the mode of one."""

from pathlib import Path

from simulators.receivers.relay import REPLY_TOPIC, TOPIC
from simulators.receivers.services import (
    DINGTALK_SECRET,
    DINGTALK_TOKEN,
    FEISHU_SECRET,
    FEISHU_TOKEN,
    SIREN_KEY,
    SMS_TOKEN,
    WEBHOOK_SECRET,
    WECOM_KEY,
)

REPORT_KEY = "report-key-of-the-gateway"
POLICE_KEY = "report-key-of-the-police"
SECRETS = (DINGTALK_SECRET, DINGTALK_TOKEN, FEISHU_SECRET, FEISHU_TOKEN, SIREN_KEY, SMS_TOKEN, WEBHOOK_SECRET, WECOM_KEY)


def channel_file(folder: Path, web: str, mail_port: int = 25, broker: str = "mqtt://127.0.0.1:1883") -> Path:
    """Write the file, and give its path."""
    path = folder / "channels.toml"
    path.write_text(
        f"""
[sms]
kind = "sms"
label = "短信网关"
url = "{web}/sms"
headers = {{ Authorization = "Bearer {SMS_TOKEN}" }}
body = {{ mobile = "{{address}}", content = "{{text}}", msgid = "{{id}}" }}
busy = ["22"]
reference_field = "data.msgid"
report_seconds = 30
report_key = "{REPORT_KEY}"
report_list = "reports"
report_reference = "msgid"
report_state = "status"
delivered = ["DELIVRD"]

[wecom]
kind = "wecom"
label = "企业微信"
url = "{web}/cgi-bin/webhook/send"
key = "{WECOM_KEY}"

[dingtalk]
kind = "dingtalk"
label = "钉钉"
url = "{web}/robot/send"
token = "{DINGTALK_TOKEN}"
secret = "{DINGTALK_SECRET}"

[feishu]
kind = "feishu"
label = "飞书"
url = "{web}/open-apis/bot/v2/hook"
token = "{FEISHU_TOKEN}"
secret = "{FEISHU_SECRET}"

[webhook]
kind = "webhook"
label = "网络回调"
url = "{web}/webhook"
secret = "{WEBHOOK_SECRET}"
report_key = "{REPORT_KEY}"

[mail]
kind = "mail"
label = "邮件"
host = "127.0.0.1"
port = {mail_port}
security = "none"
sender = "anxiao@example.org"

[siren]
kind = "siren"
label = "派出所警笛"
url = "{web}/siren"
at = "station"
payload = '{{"on": true, "id": "{{id}}"}}'
header = "{SIREN_KEY}"

[school-siren]
kind = "siren"
label = "学校警笛"
url = "{web}/siren"
at = "school"
payload = '{{"on": true}}'
header = "{SIREN_KEY}"

[relay]
kind = "siren"
label = "值班室继电器"
url = "{broker}"
at = "station"
topic = "{TOPIC}"
reply_topic = "{REPLY_TOPIC}"
payload = "on {{id}}"

[centre]
kind = "dc09"
label = "接警中心"
host = "127.0.0.1"
port = 9
supervise_seconds = 0
report_key = "{POLICE_KEY}"

[anything]
kind = "apprise"
label = "其他服务"
url = "json://{web.partition("://")[2]}/webhook"
"""
    )
    path.chmod(0o600)
    return path
