//! The words that names are made of, by what they mean.

use super::super::vocabulary::Vocabulary;

/// Names of things that people choose.
pub(super) static PASSWORD: Vocabulary = Vocabulary::new(
    "adgangskode clave contrasena contraseña haslo hasło heslo jelszó kennwort losenord lozinka \
     lösenord mdp parola pass passcode passe passord passphrase passwd password passwords \
     passwort passwörter psk psswd psw pswd pw pwd pword salasana senha sifre wachtwoord wpapsk \
     şifre şifresi",
);

/// Names of things that machines make.
pub(super) static SECRET: Vocabulary = Vocabulary::new(
    "accesskey apikey apikeys authorization bearer conn cred credential credentials creds dsn \
     geheim geheimnis jeton jetons jwt pat privatekey secret secretkey secreto secrets segredo \
     segreto token tokens zugangsdaten",
);

/// Names of what is mostly harmless.
pub(super) static WEAK: Vocabulary = Vocabulary::new(
    "anahtar auth chave chiave cle clé cookie cookies csrf hmac jsessionid klucz licence license \
     login nonce otpauth pepper phpsessid salt schluessel schlüssel seed sess sessid session \
     sessionid sid sig signature sleutel webhook xsrf",
);

/// Words before `key`, and the like, that make it a secret.
pub(super) static KEYS: Vocabulary = Vocabulary::new(
    "access account activation admin aes airtable akamai alchemy algolia amplitude anthropic api \
     app application artifactory atlassian auth auth0 authentication authorization aws azure \
     binance bot box braintree bugsnag cf cipher circleci claude cloudflare codecov cohere \
     coinbase confluence consumer contentful crypto datadog dd decryption deepseek deploy \
     digitalocean discord do docker dropbox elastic encrypt encryption etherscan fastly firebase \
     gcp gemini github gitlab google grafana groq here heroku hmac honeycomb hubspot huggingface \
     infura ingest integration intercom jenkins jira jwt kibana kraken launchdarkly licence \
     license linear linode logdna loggly mailchimp mailgun mapbox maps master mistral mixpanel \
     netlify network newrelic nexus notion npm okta openai openweather opsgenie pagerduty \
     papertrail paypal plaid postmark prisma private product pypi quay rapidapi read recovery \
     registration relic rest role rollbar root s3 salesforce sanity secret segment sendgrid \
     sentry session shared shopify sign signing slack snyk sonar sparkpost splunk square stripe \
     subscription supabase telegram tomtom travis twilio vault vercel vultr weather webhook wifi \
     wireless write zendesk zoom",
);

/// Words before `key` and `token` that make it harmless.
pub(super) static PUBLIC: Vocabulary = Vocabulary::new(
    "anon arrow cache candidate column composite dedup dict field foreign group grouping hash hot \
     i18n idempotency index item join json list locale lookup map measurement message modifier \
     natural node object partition press pressed primary pub public publishable publishing query \
     react registry routing row shortcut site sort sorting surrogate translation unique \
     verification verify",
);

/// Words before `token` that make it a piece of a text or a mark of a place.
pub(super) static LEXICAL: Vocabulary = Vocabulary::new(
    "as bos cancel cancellation cls colon color colour comma continuation design dot eos eq fn \
     keyword let lexer mask next pad page pagination prev previous public semi sep special stop \
     sync syntax unk whitespace",
);

/// Words before `code` that make it one to keep.
pub(super) static CODES: Vocabulary = Vocabulary::new(
    "2fa access alarm auth authentication backup card confirmation door entry gate login mfa otp \
     pairing pass pin puk recovery security sicherheits sms tan time totp unlock verification",
);

/// Words after a key word that make it something about a secret.
pub(super) static ABOUT: Vocabulary = Vocabulary::new(
    "adapter age alg algo algorithm amount arg args arn at attempts attr attribute attributes \
     audience authenticator authority authorization backend balance bearer binder binders bits \
     board boards box bucket budget builder button bytes c cache callback chain changed check \
     checker checks class client column complexity conf config configs configuration confirm \
     contract controller cookie cost count counter counts cpp created crt crypto cs css date \
     decimals decoder delay delimiter desc description dialog digest dir directory disabled doc \
     docs documentation domain down element email embedding embeddings enabled encoder encoding \
     end endpoint endpoints engine entered error errors event events exists exp expiration expire \
     expired expires expiry factory field fields file filename files filter fingerprint first \
     flow fn folder form format frame frames free func function generator go grant guard gz h \
     handler hash hashed hasher hashes hashing header headers helper helpers hint history holder \
     host hpp html icon id identifier identities identity ids idx incorrect index info ini input \
     inputs interface interval invalid io issuer iter iterator jar java js json jsx kind kinds \
     label last left len length less limit limits line link list listener loader lock loss \
     management manager map mapping mappings mask masked match matches max md message messages \
     metadata method methods middleware min mismatch missing mode model module msg name names \
     next node offset ok only opt option options opts owner padding page pair pairs param \
     parameter params parse parser path paths pattern pem per period php placeholder plugin \
     plugins png point policies policy pool port pos position prefix press price probs prompt \
     properties property protected protection provider providers py question range rate ratio rb \
     reader ref reference refs regex regexp region request required reset resolver response \
     retries retry right ring rotation rs schema scheme schemes scope scopes screen selector \
     separator sequence serializer server service services set setting settings sh shared \
     signature size source sources space span spec start state status stdin store strategy stream \
     strength stroke suffix supply svg symbol table template tests tgz threshold thumbprint \
     timeout timestamp title tokenizer toml transfer tree trees ts tsx ttl txt type types up \
     updated uri uris url urls usage usages user username util utils valid validation validator \
     var variable vendor verification verifier verify version view visibility visible vue whl \
     window words writer wrong xml yaml yml zip",
);

/// First words of names that ask or count.
pub(super) static QUESTION: Vocabulary = Vocabulary::new(
    "allow allows avg can count disable enable forget forgot has have hide invalid is max min \
     missing must n no num number require requires should show tokenize total use uses",
);

/// First words of functions whose argument is no secret itself.
pub(super) static GETTER: Vocabulary = Vocabulary::new(
    "assert clear config consume cookie cookies delete describe env expect fetch find get getenv \
     handle import lex list load lookup next on parse peek print query read remove render require \
     resolve retrieve revoke rotate secret secrets session toggle token tokens",
);
