//! Values that vendors print in their own documentation. They open nothing.

/// FNV-1a digests of published samples: a digest tells a sample, and is none.
const PUBLISHED: &[u64] = &[
    0x08b5_4596_2adc_7d8b,
    0x1211_3c2e_6979_f447,
    0x15f8_7945_422c_bea3,
    0x294c_63f8_344d_5df1,
    0x29a3_36c7_244f_48dd,
    0x2e23_80ac_3dc2_ea0b,
    0x3b7c_415c_f9d4_94d5,
    0x3f9d_1c99_6e62_0b67,
    0x43f6_2e8b_cdd8_4601,
    0x515c_b771_a423_8032,
    0x579d_e7d6_e7e6_f328,
    0x67e7_33c2_f903_5757,
    0x6835_e0f2_8883_2a40,
    0x6acb_d824_bd32_bbd4,
    0x7cc0_ebcb_263a_834c,
    0x816c_d10f_db11_ead0,
    0x8288_18f8_3325_7868,
    0x8959_d21b_97c6_b870,
    0x9808_5e70_f2b3_dc4e,
    0x9aa6_3f3b_c699_17ad,
    0x9f19_20c6_cd48_4714,
    0xadbd_04e3_fe1b_6d49,
    0xbdfe_31cd_b75e_b895,
    0xc358_cb21_c35a_1b3d,
    0xc73f_1e61_952e_6987,
    0xc800_bf21_00a2_1c67,
    0xca63_8101_b7f0_e0d5,
    0xd1d4_07fe_9b0d_9c34,
    0xdb94_22f1_dd33_2dcc,
    0xdb9b_ede1_a832_88bb,
    0xdcb5_3d39_ae3d_beb0,
    0xddd1_9c48_6d09_5d84,
    0xe49c_640a_a227_dc2f,
    0xe754_678e_a2b1_4ef1,
    0xe766_6dbb_286c_6c2e,
    0xf6ca_d54e_10eb_31ac,
    0x0fd9_90c5_1562_51fe,
    // RFC 6749, RFC 6750, RFC 7617 and OpenID Connect Core.
    0x15b0_7405_a882_d3ff,
    0x1a7b_78be_56f3_054d,
    0x1ec6_f0ec_2730_5317,
    0x273f_5e02_3867_ba98,
    0x30aa_8188_bb02_3e35,
    0x3e6e_0ba1_e1bb_8300,
    0x55e6_407f_d6ee_a643,
    0x7945_7143_0c27_6b31,
    0x846b_2a1e_2fad_7fcb,
    0x9617_ea56_85ae_57ea,
    0xbb65_956c_4b8b_34bf,
    0xd9ad_86ad_3724_159b,
    0xdc8d_8ca0_6454_72e9,
    0xecc1_a447_4851_bc28,
];

/// Whether a value is a published sample.
pub(in crate::guard) fn published(value: &str) -> bool {
    value.len() <= 300 && PUBLISHED.contains(&fnv1a(value.as_bytes()))
}

/// FNV-1a, 64 bits.
pub(super) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |digest, byte| {
        (digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
