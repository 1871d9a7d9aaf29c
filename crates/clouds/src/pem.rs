//! Blocks of PEM files (RFC 7468), and RSA keys in them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::RsaKeyPair;

/// Returns the content of every block with this label.
pub(crate) fn blocks(pem: &str, label: &str) -> Vec<Vec<u8>> {
    let (begin, end) = (
        format!("-----BEGIN {label}-----"),
        format!("-----END {label}-----"),
    );
    let bodies = pem.split(&begin).skip(1);
    bodies
        .filter_map(|rest| {
            let (body, _) = rest.split_once(&end)?;
            let text: String = body.split_whitespace().collect();
            STANDARD.decode(text).ok()
        })
        .collect()
}

/// Returns the first RSA key, or the reason why there is none.
pub(crate) fn rsa_key(pem: &str) -> Result<RsaKeyPair, &'static str> {
    if pem.contains("BEGIN ENCRYPTED PRIVATE KEY") || pem.contains("Proc-Type: 4,ENCRYPTED") {
        return Err("the private key is encrypted with a password");
    }
    let pkcs8 = blocks(pem, "PRIVATE KEY");
    let pkcs1 = blocks(pem, "RSA PRIVATE KEY");
    let key = match (pkcs8.first(), pkcs1.first()) {
        (Some(der), _) => RsaKeyPair::from_pkcs8(der),
        (None, Some(der)) => RsaKeyPair::from_der(der),
        (None, None) => return Err("there is no block `PRIVATE KEY` in PEM"),
    };
    key.map_err(|_rejected| "the private key is not an RSA key of 2048 to 4096 bits")
}
