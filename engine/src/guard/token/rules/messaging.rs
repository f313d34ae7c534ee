//! Chat, mail and telephony.

use super::*;

const SLACK: &[Part] = &[between(N.with(b"-"), 20, 255)];
const HOOK: Alphabet = N.with(b"-_/");

/// What the base64 of a number begins with: of a bot's id, here.
const SNOWFLAKE: Part = between(Alphabet::range(b'M', b'O'), 1, 1);

const fn discord_bot(id: &'static [Part]) -> Rule {
    const SIGNED: &[Part] = &[u(6), t("."), between(U, 27, 38)];
    rule("discord_bot_token", "a Discord bot token", ".", SIGNED)
        .preceded(id)
        .named()
}

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule("slack_bot_token", "a Slack token", "xoxb-", SLACK).anywhere(),
    rule("slack_user_token", "a Slack token", "xoxp-", SLACK).anywhere(),
    rule("slack_workspace_token", "a Slack token", "xoxa-", SLACK).anywhere(),
    rule("slack_refresh_token", "a Slack token", "xoxr-", SLACK).anywhere(),
    rule("slack_legacy_token", "a Slack token", "xoxs-", SLACK).anywhere(),
    rule("slack_legacy_token", "a Slack token", "xoxo-", SLACK).anywhere(),
    rule("slack_client_token", "a Slack token", "xoxc-", SLACK).anywhere(),
    rule("slack_session", "a Slack session", "xoxd-", &[between(B.with(b"-%="), 40, 300)]).anywhere(),
    rule("slack_config_token", "a Slack token", "xoxe-", SLACK).anywhere(),
    rule("slack_config_token", "a Slack token", "xoxe.xoxp-", SLACK).anywhere(),
    rule("slack_config_token", "a Slack token", "xoxe.xoxb-", SLACK).anywhere(),
    rule("slack_app_token", "a Slack token", "xapp-", SLACK).anywhere(),
    rule("slack_workflow_token", "a Slack token", "xwfp-", SLACK).anywhere(),
    rule("slack_webhook", "a Slack webhook", "hooks.slack.com/services/", &[between(Alphabet::UPPER_DIGIT, 8, 13), t("/"), between(Alphabet::UPPER_DIGIT, 8, 13), t("/"), between(N, 20, 28)]).anywhere(),
    rule("slack_webhook", "a Slack webhook", "hooks.slack.com/workflows/", &[between(HOOK, 40, 90)]).anywhere(),
    rule("slack_webhook", "a Slack webhook", "hooks.slack.com/triggers/", &[between(HOOK, 40, 90)]).anywhere(),
    rule("discord_webhook", "a Discord webhook", "/api/webhooks/", &[between(D, 17, 20), t("/"), between(U, 60, 80)]).anywhere(),
    discord_bot(&[SNOWFLAKE, u(22)]),
    discord_bot(&[SNOWFLAKE, u(23)]),
    discord_bot(&[SNOWFLAKE, u(24)]),
    discord_bot(&[SNOWFLAKE, u(25)]),
    discord_bot(&[SNOWFLAKE, u(26)]),
    rule("discord_user_token", "a Discord token", "mfa.", &[u(84)]),
    rule("telegram_bot_token", "a Telegram bot token", ":AA", &[u(33)]).preceded(&[between(D, 8, 10)]),
    rule("telegram_bot_token", "a Telegram bot token", ":A", &[u(34)]).preceded(&[between(D, 8, 10)]),
    rule("teams_webhook", "a Teams webhook", ".webhook.office.com/webhookb2/", &[UUID, t("@"), UUID, t("/IncomingWebhook/"), n(32), t("/"), UUID]).anywhere(),
    rule("google_chat_webhook", "a Google Chat webhook", "chat.googleapis.com/v1/spaces/", &[between(U, 8, 20), t("/messages?key="), u(39), t("&token="), from(U.with(b"%"), 30)]).anywhere(),
    rule("feishu_webhook", "a Feishu webhook", "/open-apis/bot/v2/hook/", &[UUID]).anywhere(),
    rule("dingtalk_webhook", "a DingTalk webhook", "/robot/send?access_token=", &[h(64)]).anywhere(),
    rule("wecom_webhook", "a WeCom webhook", "/cgi-bin/webhook/send?key=", &[UUID]).anywhere(),
    rule("zapier_webhook", "a Zapier webhook", "hooks.zapier.com/hooks/catch/", &[between(N.with(b"/"), 11, 30)]).anywhere(),
    rule("ifttt_key", "an IFTTT key", "/with/key/", &[between(U, 22, 48)]).anywhere(),
    rule("make_webhook", "a Make webhook", ".make.com/", &[low(32)]).anywhere(),
    rule("twilio_api_key", "a Twilio key", "SK", &[h(32)]),
    rule("sendgrid_key", "a SendGrid key", "SG.", &[u(22), t("."), u(43)]),
    rule("mailgun_key", "a Mailgun key", "key-", &[h(32)]).named(),
    rule("mailchimp_key", "a Mailchimp key", "-us", &[between(D, 1, 2)]).preceded(&[h(32)]),
    rule("mandrill_key", "a Mandrill key", "md-", &[u(22)]).named().near(&["mandrill", "mailchimp"]),
    rule("brevo_key", "a Brevo key", "xkeysib-", &[h(64), t("-"), n(16)]).anywhere(),
    rule("brevo_smtp_key", "a Brevo SMTP key", "xsmtpsib-", &[h(64), t("-"), n(16)]).anywhere(),
    rule("resend_key", "a Resend key", "re_", &[n(8), t("_"), n(24)]),
    rule("mailersend_key", "a MailerSend key", "mlsn.", &[h(64)]),
    rule("klaviyo_key", "a Klaviyo key", "pk_", &[h(34)]),
    rule("intercom_token", "an Intercom token", "dG9rO", &[between(B, 50, 80), PAD]),
    rule("telnyx_key", "a Telnyx key", "KEY0", &[up(31), t("_"), n(22)]),
    rule("courier_key", "a Courier key", "pk_prod_", &[up(28)]),
    rule("onesignal_key", "a OneSignal key", "os_v2_app_", &[between(N, 90, 110)]).anywhere(),
    rule("pubnub_key", "a PubNub secret key", "sec-c-", &[between(B, 36, 60), PAD]),
    rule("nylas_key", "a Nylas key", "nyk_v0_", &[between(N, 40, 64)]),
    rule("twitch_token", "a Twitch token", "oauth:", &[low(30)]),
    rule("twitter_bearer_token", "a Twitter bearer token", "AAAAAAAAAAAAAAAAAAAAA", &[between(N.with(b"%"), 80, 110)]).not_in_blob(),
    rule("facebook_token", "a Facebook token", "EAA", &[from(N, 100)]).not_in_blob(),
    rule("instagram_token", "an Instagram token", "IGQV", &[from(U, 80)]).not_in_blob(),
    rule("instagram_token", "an Instagram token", "IGAA", &[from(U, 80)]).not_in_blob(),
    rule("linkedin_secret", "a LinkedIn client secret", "WPL_AP1.", &[n(16), t("."), between(B, 6, 10), PAD]),
    rule("pinterest_token", "a Pinterest token", "pina_", &[between(N, 60, 90)]),
    rule("dropbox_token", "a Dropbox token", "sl.", &[from(U, 120)]),
    rule("dropbox_token", "a Dropbox token", "sl.u.", &[from(U, 120)]),
    rule("frameio_token", "a Frame.io token", "fio-u-", &[u(64)]),
];
