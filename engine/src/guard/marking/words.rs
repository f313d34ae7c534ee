//! The words and phrases of markings, in the languages of the world's offices.

/// Words and phrases that mark a text by standing at its head.
#[rustfmt::skip]
pub(super) const LEADING: &[&str] = &[
    "confidential", "privileged", "legal professional privilege", "legal privilege",
    "attorney-client", "attorney client", "attorney–client", "attorney work product",
    "work product", "internal use", "internal only", "for internal", "internal document",
    "proprietary", "trade secret", "trade secrets", "restricted", "classified", "top secret",
    "eyes only", "need to know", "need-to-know", "tlp:red", "tlp:amber", "tlp: red", "tlp: amber",
    "without prejudice", "material non-public", "mnpi", "board only", "embargoed", "under embargo",
    "filed under seal", "under seal", "sensitive", "commercial in confidence", "in confidence",
    "staff only", "hr only", "management only", "company secret", "company private",
    "draft - not for", "noforn", "for official use only", "fouo", "controlled unclassified",
    "cui//", "secret//", "hr confidential", "c-level only", "executives only", "leadership only",
    "under nda", "nda only", "subject to nda", "covered by nda", "non-disclosure agreement", "insider information", "inside information",
    "price sensitive", "vertraulich", "streng vertraulich", "geheim", "streng geheim",
    "nur für den internen", "nur für den dienstgebrauch", "nur für internen", "nur zum internen",
    "nur intern", "interner gebrauch", "betriebsgeheimnis", "geschäftsgeheimnis",
    "verschlusssache", "anwaltsgeheimnis", "firmenvertraulich", "betriebsintern", "firmenintern",
    "insiderinformation", "confidentiel", "confidentielle", "diffusion restreinte",
    "usage interne", "secret professionnel", "secret des affaires", "secret d'affaires",
    "strictement confidentiel", "document interne", "confidencial", "uso interno", "uso exclusivo",
    "secreto profesional", "secreto comercial", "estrictamente confidencial", "reservado",
    "documento interno", "sigiloso", "segredo comercial", "segredo de negócio",
    "sigilo profissional", "estritamente confidencial", "riservato", "riservata", "riservatissimo",
    "confidenziale", "strettamente riservato", "segreto aziendale", "segreto professionale",
    "segreto industriale", "uso esclusivamente interno", "solo per uso interno", "vertrouwelijk",
    "strikt vertrouwelijk", "intern gebruik", "bedrijfsgeheim", "geheim", "alleen voor intern",
    "poufne", "ściśle tajne", "tajemnica przedsiębiorstwa", "tylko do użytku", "konfidentiellt",
    "fortrolig", "luottamuksellinen", "конфиденциально", "секретно", "机密", "機密", "内部资料", "社外秘",
    "極秘", "部外秘", "대외비", "기밀", "gizli",
];

/// What readers are told not to do.
#[rustfmt::skip]
pub(super) const ORDERS: &[&str] = &[
    "do not distribute", "do not share", "do not disclose", "do not forward", "do not copy",
    "do not circulate", "do not reproduce", "do not redistribute", "not for public",
    "not for onward", "don't share", "not for distribution", "not for circulation",
    "not for release", "not for external", "not for publication", "not to leave",
    "not to be shared", "not to be disclosed", "not to be distributed", "not to be forwarded",
    "not to be copied", "must not be shared", "must not be disclosed", "must not leave",
    "must not be forwarded", "may not be disclosed", "may not be shared",
    "no external distribution", "keep confidential", "keep this confidential",
    "treat as confidential", "unauthorized disclosure", "unauthorised disclosure",
    "disclosure prohibited", "distribution prohibited", "vertraulich behandeln",
    "vertraulich zu behandeln", "nicht weitergeben", "nicht weiterleiten", "nicht verteilen",
    "nicht zur weitergabe", "weitergabe untersagt", "weitergabe verboten", "nicht für dritte",
    "darf nicht weitergegeben", "ne pas diffuser", "ne pas divulguer", "ne pas partager",
    "ne pas transmettre", "ne pas communiquer", "diffusion interdite", "no distribuir",
    "no divulgar", "no compartir", "no difundir", "prohibida su", "prohibida la", "non divulgare",
    "non diffondere", "non condividere", "non inoltrare", "non distribuire", "vietata la",
    "não divulgar", "não distribuir", "não compartilhar", "não partilhar", "proibida a",
    "niet verspreiden", "niet delen", "niet doorsturen", "nie rozpowszechniać", "nie udostępniać",
];

/// What a text says of itself.
#[rustfmt::skip]
pub(super) const STATED: &[&str] = &[
    "confidential", "privileged", "proprietary", "trade secret", "trade secrets", "privilege", "intended solely",
    "intended only", "for the sole use", "vertraulich", "confidentiel", "confidencial",
    "riservato", "riservate", "vertrouwelijk", "internal use", "under nda", "non-public",
];

/// Words that may stand in a marking before or behind its main word.
#[rustfmt::skip]
pub(super) const COMPANIONS: &[&str] = &[
    "strictly", "highly", "company", "private", "privileged", "and", "confidential", "proprietary",
    "internal", "use", "only", "for", "attorney", "client", "communication", "communications",
    "work", "product", "restricted", "most", "very", "legally", "secret", "top", "board", "hr",
    "legal", "commercial", "in", "confidence", "document", "draft", "information", "material",
    "materials", "not", "distribution", "streng", "firmen", "nur", "für", "den", "internen",
    "gebrauch", "dienstgebrauch", "strictement", "et", "privé", "à", "usage", "interne",
    "estrictamente", "y", "uso", "interno", "exclusivo", "privado", "strettamente", "e",
    "riservato", "personale", "solo", "per", "strikt", "en", "alleen", "voor", "intern",
    "estritamente", "o", "persönlich", "und", "vertraulich", "professional", "personnel",
    "management", "finance", "executive", "executives", "leadership", "sensitive", "data", "eyes",
    "business", "customer", "medical", "financial", "nda", "under", "subject", "to", "source",
    "code", "this", "is", "property", "of", "memo", "memorandum", "report", "level",
    "classification", "marking", "status", "notice", "warning", "caution", "law", "seal", "filed",
    "trade", "only", "staff", "pursuant", "classified", "streng", "geheim", "tlp", "red", "amber",
    "strict", "confidentiel", "confidencial", "embargoed", "until", "group", "inc", "corp", "ltd",
    "gmbh", "llc", "sa", "ag", "release", "required", "privilege", "applies", "do", "or",
    "directors", "director", "committee", "members", "draft", "uitsluitend", "apenas", "para",
    "sólo", "somente", "unicamente", "únicamente", "uniquement", "exclusivement", "esclusivamente",
    "exclusivamente", "ausschließlich", "dienstlichen", "zum", "gebruik", "document", "documento",
    "dokument", "term", "sheet", "file", "nicht", "weitergeben", "abogado", "cliente", "avocat",
    "anwalt", "mandant", "anwaltlich", "privilegiert", "avvocato", "advocaat", "advogado",
    "disclosed", "shared", "provided", "internes", "dokument", "distribution", "disclosure",
    "circulation",
];

/// Main words that are as often what a text is about.
#[rustfmt::skip]
pub(super) const TOPICS: &[&str] = &[
    "restricted", "sensitive", "classified", "proprietary", "embargoed", "trade secret",
    "trade secrets", "work product", "need to know", "need-to-know", "insider information",
    "inside information", "internal document", "internal use", "in confidence", "under seal", "internal only",
    "without prejudice", "for internal", "under embargo", "price sensitive", "geheim", "reservado",
    "betriebsgeheimnis", "geschäftsgeheimnis", "privileged",
];

/// Main words that code says of its own parts.
pub(super) const INSIDE: &[&str] = &["internal use", "for internal", "internal only"];
