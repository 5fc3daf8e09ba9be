"""Every kind of notification channel, one file each behind `server.channels.channel`; a new one is one file and one line."""

from server.channels import apprise, cap, dc09, dingtalk, feishu, gb28181, mail, siren, sms, webhook, wecom
from server.channels.kind import ChannelKind

KINDS: dict[str, ChannelKind] = {
    module.KIND.name: module.KIND
    for module in (
        apprise,
        cap,
        dc09,
        dingtalk,
        feishu,
        gb28181,
        mail,
        siren,
        sms,
        webhook,
        wecom,
    )
}
