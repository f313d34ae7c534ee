//! Office, design and planning tools.

use super::*;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule("linear_key", "a Linear key", "lin_api_", &[n(40)]).anywhere(),
    rule("linear_oauth_token", "a Linear token", "lin_oauth_", &[h(64)]).anywhere(),
    rule("notion_token", "a Notion token", "ntn_", &[d(11), n(35)]),
    rule("notion_legacy_token", "a Notion token", "secret_", &[n(43)]).named(),
    rule("figma_token", "a Figma token", "figd_", &[between(U, 38, 46)]),
    rule("figma_token", "a Figma token", "figo_", &[between(U, 38, 46)]),
    rule("figma_refresh_token", "a Figma token", "figor_", &[between(U, 38, 46)]),
    rule("figma_token", "a Figma token", "figu_", &[between(U, 38, 46)]),
    rule("airtable_token", "an Airtable token", "pat", &[n(14), t("."), h(64)]),
    rule("hubspot_token", "a HubSpot token", "pat-na1-", &[UUID]),
    rule("hubspot_token", "a HubSpot token", "pat-na2-", &[UUID]),
    rule("hubspot_token", "a HubSpot token", "pat-eu1-", &[UUID]),
    rule("hubspot_token", "a HubSpot token", "pat-ap1-", &[UUID]),
    rule("clickup_token", "a ClickUp token", "pk_", &[between(D, 6, 9), t("_"), up(32)]),
    rule("typeform_token", "a Typeform token", "tfp_", &[between(U.with(b".="), 44, 70)]),
    rule("contentful_token", "a Contentful token", "CFPAT-", &[u(43)]).anywhere(),
    rule("retool_token", "a Retool token", "retool_01", &[between(N, 20, 40)]).anywhere(),
    rule("calcom_key", "a Cal.com key", "cal_live_", &[h(32)]).anywhere(),
    rule("canva_secret", "a Canva client secret", "cnvca", &[u(51)]),
    rule("imagekit_key", "an ImageKit key", "private_", &[b(27), t("=")]),
];
