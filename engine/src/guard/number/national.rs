//! The numbers that states give to people: how each is labelled, what it looks like, how it is
//! checked.

use super::checksum::*;
use crate::guard::finding::{Family, Kind};

/// One sort of number.
pub(super) struct Document {
    pub(super) kind: Kind,
    /// What it is called where it is filled in, in lower case.
    pub(super) labels: &'static [&'static str],
    /// Its forms beside a label (see [`super::form::fit`]).
    pub(super) forms: &'static [&'static str],
    /// Forms that say what it is without a label, if `check` agrees. Letters in upper case.
    pub(super) alone: &'static [&'static str],
    /// Whether its check digits are right. Beside a label they need not be.
    pub(super) check: fn(&[u8]) -> bool,
}

const fn document(
    id: &'static str,
    title: &'static str,
    labels: &'static [&'static str],
    forms: &'static [&'static str],
    alone: &'static [&'static str],
    check: fn(&[u8]) -> bool,
) -> Document {
    Document {
        kind: Kind::of(id, title, Family::Personal),
        labels,
        forms,
        alone,
        check,
    }
}

/// All of them, by region.
#[rustfmt::skip]
pub(super) const DOCUMENTS: &[Document] = &[
    // North America
    document(
        "us_ssn", "a US social security number", &["ssn", "s.s.n", "social security", "soc sec"],
        &["999_99_9999"], &["999-99-9999"], us_ssn,
    ),
    document(
        "us_itin", "a US taxpayer number", &["itin", "taxpayer"], &["999_99_9999"],
        &["999-99-9999"], us_itin,
    ),
    document(
        "us_ein", "a US employer number",
        &["ein", "fein", "employer id", "employer identification", "federal tax id"],
        &["99_9999999"], &[], any,
    ),
    document(
        "us_mbi", "a US Medicare number", &["medicare", "mbi"], &["9AX9_AX9_AA99", "9999_99999_9"],
        &["9AX9-AX9-AA99"], any,
    ),
    document(
        "ca_sin", "a Canadian social insurance number",
        &["sin", "social insurance", "assurance sociale", "nas"], &["999_999_999"], &[], luhn,
    ),
    document(
        "mx_curp", "a Mexican CURP", &["curp"], &["AAAA999999AAAAAAX9"], &["AAAA999999AAAAAAX9"],
        mx_curp,
    ),
    document(
        "mx_rfc", "a Mexican tax number", &["rfc", "r.f.c"],
        &["AAAA999999XXX", "AAA999999XXX", "AAAA_999999_XXX"], &[], any,
    ),
    document(
        "mx_nss", "a Mexican social security number", &["nss", "imss"], &["99_99_99_9999_9"], &[],
        any,
    ),
    // Europe
    document(
        "uk_nino", "a UK national insurance number",
        &["nino", "national insurance", "ni number", "ni no"], &["AA_99_99_99_A"],
        &["AA 99 99 99 A", "AA999999A", "AA-99-99-99-A"], uk_nino,
    ),
    document("uk_nhs", "an NHS number", &["nhs"], &["999_999_9999"], &[], any),
    document(
        "uk_utr", "a UK tax reference", &["utr", "unique taxpayer", "tax reference"],
        &["99999_99999", "999_999_9999"], &[], any,
    ),
    document(
        "ie_pps", "an Irish PPS number", &["pps", "ppsn", "personal public service"],
        &["9999999_AA", "9999999_A"], &[], any,
    ),
    document(
        "de_tax", "a German tax number",
        &[
            "steuer-id", "steueridentifikations", "steuer-identifikations", "idnr", "tin",
            "steuerliche identifikations", "identifikationsnummer", "tax id", "tax identification",
        ],
        &["99_999_999_999"], &["99 999 999 999"], iso_11_10,
    ),
    document(
        "de_tax_office", "a German tax office number",
        &["steuernummer", "steuer-nr", "steuernr", "st.-nr", "st-nr"],
        &["999_999_99999", "99_999_99999", "999_9999_9999", "9999_999_99999"], &[], any,
    ),
    document(
        "de_identity_card", "a German identity card", &["personalausweis", "ausweis", "ausweis-nr"],
        &["XXXXXXXXX_9", "XXXXXXXXX"], &[], any,
    ),
    document(
        "de_pension", "a German pension insurance number",
        &[
            "rentenversicherung", "rentenversicherungs", "sozialversicherung",
            "sozialversicherungs", "rvnr", "sv-nummer", "sv-nr", "versicherungs",
        ],
        &["99_999999_A_999", "99_99_99_99_A_99_9"], &["99 999999 A 999", "99999999A999"],
        de_pension,
    ),
    document(
        "de_health", "a German health insurance number",
        &[
            "krankenversicherung", "krankenversicherungs", "krankenversicherten", "kvnr",
            "versicherten", "krankenkasse",
        ],
        &["A_999_999_999"], &[], any,
    ),
    document(
        "at_svnr", "an Austrian social insurance number",
        &[
            "svnr", "sv-nummer", "sv-nr", "sozialversicherungs", "sozialversicherung",
            "versicherungs",
        ],
        &["9999_999999", "9999_99_99_99"], &[], any,
    ),
    document(
        "ch_ahv", "a Swiss social insurance number", &["ahv", "avs", "oasi", "ahvn13"],
        &["999_9999_9999_99"], &["756.9999.9999.99", "7569999999999", "756 9999 9999 99"], ch_ahv,
    ),
    document(
        "fr_nir", "a French social security number",
        &[
            "nir", "sécurité sociale", "securite sociale", "sécu", "secu", "insee",
            "social security",
        ],
        &["9_99_99_XX_999_999_99", "9_99_99_XX_999_999"],
        &["9 99 99 XX 999 999 99", "9999999999999 99", "99999XX99999999"], fr_nir,
    ),
    document(
        "fr_tax", "a French tax number",
        &["numéro fiscal", "numero fiscal", "spi", "référence fiscale", "tax id", "tin"],
        &["99_99_999_999_999"], &[], any,
    ),
    document(
        "es_dni", "a Spanish identity number",
        &[
            "dni", "d.n.i", "nif", "n.i.f", "documento nacional", "national id",
            "documento de identidad",
        ],
        &["99999999_A", "99_999_999_A"], &["99999999A", "99999999-A", "99.999.999-A"], es_letter,
    ),
    document(
        "es_nie", "a Spanish foreigner's number", &["nie", "nif", "extranjero"], &["A_9999999_A"],
        &["X9999999A", "Y9999999A", "Z9999999A", "X-9999999-A", "Y-9999999-A", "Z-9999999-A"],
        es_letter,
    ),
    document(
        "es_social", "a Spanish social security number", &["seguridad social", "nuss", "naf"],
        &["99_99999999_99"], &[], any,
    ),
    document(
        "it_fiscal", "an Italian codice fiscale",
        &["codice fiscale", "cod. fisc", "c.f.", "fiscal code"], &["AAA_AAA_99A99_A999A"],
        &["AAAAAA99A99A999A"], it_fiscal,
    ),
    document(
        "it_vat", "an Italian tax number", &["partita iva", "p.iva", "p. iva"], &["99999999999"],
        &[], any,
    ),
    document(
        "pt_nif", "a Portuguese tax number",
        &["nif", "contribuinte", "identificação fiscal", "niss"], &["999_999_999", "99999999999"],
        &[], any,
    ),
    document(
        "pt_card", "a Portuguese citizen card",
        &["cartão de cidadão", "cartao de cidadao", "bilhete de identidade", "citizen card"],
        &["99999999_9_XX9", "99999999"], &[], any,
    ),
    document(
        "nl_bsn", "a Dutch citizen number", &["bsn", "burgerservice", "burger service", "sofi"],
        &["9999_99_999", "999_999_999"], &[], any,
    ),
    document(
        "be_national", "a Belgian national number",
        &[
            "rijksregister", "registre national", "numéro national", "national register", "insz",
            "niss",
        ],
        &["99_99_99_999_99"], &["99.99.99-999.99"], be_national,
    ),
    document(
        "lu_matricule", "a Luxembourg number", &["matricule"],
        &["9999_99_99_999_99", "9999_99_99_99999"], &[], any,
    ),
    document("pl_pesel", "a Polish PESEL", &["pesel"], &["99999999999"], &[], any),
    document(
        "pl_nip", "a Polish tax number", &["nip"], &["999_999_99_99", "999_99_99_999"], &[], any,
    ),
    document(
        "pl_card", "a Polish identity card",
        &["dowód", "dowodu", "dowod", "dowód osobisty", "dowodu osobistego"],
        &["AAA_999999", "AAA_999_999"], &[], any,
    ),
    document(
        "se_personal", "a Swedish personal number",
        &[
            "personnummer", "pers.nr", "personal number", "personal identity number",
            "samordningsnummer",
        ],
        &["999999_9999", "99999999_9999", "999999+9999"], &["999999-9999", "99999999-9999"],
        se_personal,
    ),
    document(
        "no_birth", "a Norwegian birth number",
        &["fødselsnummer", "fødsels", "fodselsnummer", "personnummer", "national identity"],
        &["999999_99999"], &["999999 99999", "99999999999"], no_birth,
    ),
    document(
        "dk_cpr", "a Danish personal number", &["cpr", "personnummer", "cpr-nummer", "cpr-nr"],
        &["999999_9999"], &[], any,
    ),
    document(
        "fi_personal", "a Finnish personal code",
        &["henkilötunnus", "henkilotunnus", "hetu", "personal identity code", "sotu"],
        &["999999-999X", "999999+999X", "999999A999X"],
        &["999999-999X", "999999+999X", "999999A999X"], fi_personal,
    ),
    document("is_kennitala", "an Icelandic kennitala", &["kennitala"], &["999999_9999"], &[], any),
    document(
        "gr_tax", "a Greek tax number", &["αφμ", "α.φ.μ", "ΑΦΜ", "afm"], &["999999999"], &[], any,
    ),
    document(
        "gr_amka", "a Greek social number", &["αμκα", "ΑΜΚΑ", "amka"], &["99999999999"], &[], any,
    ),
    document(
        "cz_birth", "a Czech or Slovak birth number",
        &["rodné číslo", "rodne cislo", "rodné", "rč", "r.č.", "r. č.", "birth number"],
        &["999999_9999", "999999_999"], &["999999/9999"], cz_birth,
    ),
    document(
        "ro_cnp", "a Romanian CNP", &["cnp", "cod numeric personal"], &["9999999999999"], &[], any,
    ),
    document(
        "hu_number", "a Hungarian number",
        &["taj", "személyi", "szemelyi", "adóazonosító", "adoazonosito", "személyazonosító"],
        &["999_999_999", "9_999999_9999", "9999999999"], &[], any,
    ),
    document("bg_egn", "a Bulgarian EGN", &["егн", "ЕГН", "egn"], &["9999999999"], &[], any),
    document("hr_oib", "a Croatian OIB", &["oib"], &["99999999999"], &[], iso_11_10),
    document(
        "yu_jmbg", "a JMBG or EMŠO", &["jmbg", "jmb", "emšo", "emso", "матични", "јмбг", "embg"],
        &["9999999999999"], &[], any,
    ),
    document(
        "baltic_code", "a Baltic personal code",
        &["asmens kodas", "isikukood", "personas kods", "personal code", "personas kodas"],
        &["99999999999", "999999_99999"], &[], any,
    ),
    document(
        "ru_inn", "a Russian tax number", &["инн", "ИНН", "inn"], &["999999999999", "9999999999"],
        &[], any,
    ),
    document(
        "ru_snils", "a Russian SNILS", &["снилс", "СНИЛС", "snils"], &["999_999_999_99"],
        &["999-999-999 99"], ru_snils,
    ),
    document(
        "ru_passport", "a Russian passport", &["паспорт", "Паспорт", "паспорта"],
        &["99_99_999999", "99_99_999_999"], &[], any,
    ),
    document(
        "ua_number", "a Ukrainian number", &["рнокпп", "РНОКПП", "іпн", "ІПН", "rnokpp"],
        &["9999999999"], &[], any,
    ),
    document(
        "tr_tckn", "a Turkish identity number",
        &["tckn", "tc kimlik", "t.c. kimlik", "kimlik", "tc no", "t.c. no"], &["99999999999"], &[],
        any,
    ),
    // South America
    document(
        "br_cpf", "a Brazilian CPF", &["cpf", "c.p.f", "cadastro de pessoa"], &["999_999_999_99"],
        &["999.999.999-99"], br_cpf,
    ),
    document(
        "br_cnpj", "a Brazilian CNPJ", &["cnpj"], &["99_999_999_9999_99"], &["99.999.999/9999-99"],
        br_cnpj,
    ),
    document(
        "br_rg", "a Brazilian RG", &["rg", "registro geral"],
        &["99_999_999_X", "9_999_999_X", "99_999_999"], &[], any,
    ),
    document(
        "br_number", "a Brazilian registration",
        &["pis", "pasep", "nis", "cnh", "título de eleitor", "titulo de eleitor"],
        &["999_99999_99_9", "9999_9999_9999"], &[], any,
    ),
    document(
        "ar_dni", "an identity number", &["dni", "d.n.i", "documento", "documento de identidad"],
        &["99_999_999", "9_999_999", "99999999"], &[], any,
    ),
    document(
        "ar_cuit", "an Argentine CUIT", &["cuit", "cuil"], &["99_99999999_9"], &["99-99999999-9"],
        ar_cuit,
    ),
    document(
        "cl_rut", "a Chilean RUT", &["rut", "run", "r.u.t", "rol único", "rol unico"],
        &["99_999_999_X", "9_999_999_X"], &["99.999.999-X", "9.999.999-X", "99999999-X"], cl_rut,
    ),
    document(
        "co_cedula", "a cédula", &["cédula", "cedula", "c.c.", "c.i."],
        &["9_999_999_999", "999_999_999_9", "99_999_999", "9_999_999_9", "9_999_999"], &[], any,
    ),
    // Asia
    document(
        "cn_resident", "a Chinese resident id",
        &[
            "身份证", "身份證", "居民身份", "shenfenzheng", "resident id", "resident identity", "id card",
            "national id", "公民身份",
        ],
        &["99999999999999999X"], &["99999999999999999X"], cn_resident,
    ),
    document(
        "hk_id", "a Hong Kong identity card", &["hkid", "hong kong id", "身份證", "identity card"],
        &["A999999_(X)", "AA999999_(X)", "A999999X", "AA999999X"], &["A999999(X)", "AA999999(X)"],
        hk_id,
    ),
    document(
        "tw_id", "a Taiwanese identity number",
        &["身分證", "身分证", "national id", "taiwan id", "taiwanese id", "arc number"],
        &["A999999999", "AA99999999"], &[], any,
    ),
    document(
        "jp_number", "a Japanese My Number", &["マイナンバー", "個人番号", "my number", "kojin bango"],
        &["9999_9999_9999"], &[], any,
    ),
    document(
        "kr_resident", "a Korean resident number",
        &["주민등록번호", "주민번호", "주민등록", "rrn", "jumin", "resident registration", "외국인등록번호"],
        &["999999_9999999"], &["999999-9999999"], kr_resident,
    ),
    document(
        "in_aadhaar", "an Aadhaar number", &["aadhaar", "aadhar", "uidai", "आधार", "adhaar"],
        &["9999_9999_9999"], &["9999 9999 9999", "9999-9999-9999"], in_aadhaar,
    ),
    document(
        "in_pan", "an Indian PAN", &["pan", "permanent account"], &["AAAAA9999A"], &["AAAAA9999A"],
        in_pan,
    ),
    document("in_voter", "an Indian voter id", &["voter", "epic"], &["AAA9999999"], &[], any),
    document("in_gstin", "an Indian GSTIN", &["gstin", "gst"], &["99AAAAA9999AXAX"], &[], any),
    document(
        "sg_nric", "a Singapore NRIC or FIN", &["nric", "fin", "singpass"], &["A9999999A"],
        &["A9999999A"], sg_nric,
    ),
    document(
        "my_kad", "a Malaysian MyKad",
        &["mykad", "nric", "ic number", "ic no", "kad pengenalan", "no. kp", "identity card"],
        &["999999_99_9999"], &["999999-99-9999"], my_kad,
    ),
    document(
        "th_citizen", "a Thai citizen number",
        &[
            "บัตรประชาชน", "ประจำตัวประชาชน", "thai id", "thai national id", "citizen id",
            "national id",
        ],
        &["9_9999_99999_99_9"], &["9-9999-99999-99-9", "9 9999 99999 99 9"], th_citizen,
    ),
    document(
        "id_nik", "an Indonesian NIK", &["nik", "ktp", "nomor induk"], &["999999_999999_9999"], &[],
        any,
    ),
    document(
        "id_npwp", "an Indonesian tax number", &["npwp"], &["99_999_999_9_999_999"],
        &["99.999.999.9-999.999"], any,
    ),
    document(
        "ph_number", "a Philippine number",
        &["tin", "sss", "philhealth", "umid", "philsys", "pag-ibig"],
        &[
            "99_9999999_9", "99_999999999_9", "999_999_999_999", "9999_9999_9999_9999",
            "9999_9999_9999", "999_999_999",
        ],
        &[], any,
    ),
    document(
        "vn_cccd", "a Vietnamese citizen number",
        &["cccd", "cmnd", "căn cước", "can cuoc", "chứng minh"],
        &["999_999_999_999", "999_999_999"], &[], any,
    ),
    document(
        "pk_cnic", "a Pakistani CNIC", &["cnic", "nicop"], &["99999_9999999_9"],
        &["99999-9999999-9"], any,
    ),
    document(
        "bd_nid", "a national id", &["nid"],
        &["99999999999999999", "9999999999999", "999_999_9999"], &[], any,
    ),
    document("lk_nic", "a Sri Lankan NIC", &["nic"], &["999999999A", "999999999999"], &[], any),
    document(
        "ir_number", "an Iranian number", &["کد ملی", "كد ملي", "melli"], &["999_999999_9"], &[],
        any,
    ),
    document(
        "il_id", "an Israeli identity number",
        &["teudat zehut", "תעודת זהות", "ת.ז", "ת\"ז", "israeli id", "mispar zehut"],
        &["99999999_9", "9_9999999_9"], &[], luhn,
    ),
    document(
        "ae_id", "an Emirates id", &["emirates id", "eid", "الهوية"], &["999_9999_9999999_9"],
        &["784-9999-9999999-9"], ae_id,
    ),
    document(
        "sa_id", "a Saudi id", &["iqama", "هوية", "الهوية", "saudi id"], &["9999999999"], &[], any,
    ),
    document(
        "eg_id", "an Egyptian id", &["egyptian id", "الرقم القومي", "national id"],
        &["99999999999999"], &[], any,
    ),
    // Africa, Oceania
    document(
        "za_id", "a South African id",
        &["south african id", "sa id", "rsa id", "id number", "id no", "identity number"],
        &["999999_9999_99_9"], &["9999999999999"], za_id,
    ),
    document(
        "ng_nin", "a Nigerian number", &["nin", "bvn"], &["99999999999", "9999_999_9999"], &[], any,
    ),
    document("ke_pin", "a Kenyan tax number", &["kra"], &["A999999999A"], &[], any),
    document(
        "au_tfn", "an Australian tax file number", &["tfn", "tax file"],
        &["999_999_999", "99_999_999"], &[], any,
    ),
    document(
        "au_medicare", "an Australian Medicare number", &["medicare"],
        &["9999_99999_9_9", "9999_99999_9"], &[], any,
    ),
    document(
        "nz_ird", "a New Zealand tax number", &["ird", "inland revenue"],
        &["999_999_999", "99_999_999"], &[], any,
    ),
    document(
        "nz_nhi", "a New Zealand health number", &["nhi", "national health index"],
        &["AAA9999", "AAA99AX"], &[], any,
    ),
];
