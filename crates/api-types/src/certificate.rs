//! Certificates of servers, and the CA that signs them.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use underpass_model::credentials::Secret;

/// Contents of a certificate without additions, and the limits of a request: `GET …/certificate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateOffer {
    /// Addresses that the certificate has in any case.
    pub addresses: Vec<IpAddr>,
    /// Validity unless the request has another one, in days.
    pub default_days: i64,
    /// Most names, and most addresses, that a request may add.
    pub max_added: usize,
    /// Longest validity, in days.
    pub max_days: i64,
    /// Names that the certificate has in any case, the service's own name first.
    pub names: Vec<String>,
    /// Number of connections whose private names are included.
    pub connections: usize,
    /// Number of connections to come whose private names are included.
    pub spare_connections: usize,
    /// Private names of connections for which there is no room.
    pub missing_names: Vec<String>,
}

/// A certificate that was issued: `POST …/certificate`. The key is stored nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedCertificate {
    /// Addresses in the certificate.
    pub addresses: Vec<IpAddr>,
    /// The project's CA, in PEM.
    pub ca: String,
    /// The certificate, in PEM.
    pub certificate: String,
    /// Names in the certificate.
    pub names: Vec<String>,
    /// Number of connections whose private names are included.
    pub connections: usize,
    /// Number of connections to come whose private names are included.
    pub spare_connections: usize,
    /// Private names of connections for which there is no room.
    pub missing_names: Vec<String>,
    /// End of the validity.
    pub not_after: String,
    /// The private key, in PEM.
    pub private_key: Secret,
}

/// The CA of a project: `GET /v1/project/{project}/kms/ca` of the compatible API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectCa {
    /// Certificate of the CA, in PEM.
    pub certificate: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::round_trip::assert_round_trip;

    fn issued() -> IssuedCertificate {
        IssuedCertificate {
            addresses: vec!["10.0.0.4".parse().unwrap(), "::1".parse().unwrap()],
            ca: "CA".to_owned(),
            certificate: "CERTIFICATE".to_owned(),
            names: vec!["pg-1.demo.example".to_owned()],
            connections: 0,
            spare_connections: 64,
            missing_names: Vec::new(),
            not_after: "2027-01-01T00:00:00Z".to_owned(),
            private_key: Secret::new("KEY".to_owned()),
        }
    }

    #[test]
    fn an_offer_a_certificate_and_a_ca_are_read_back() {
        assert_round_trip(&CertificateOffer {
            addresses: Vec::new(),
            default_days: 365,
            max_added: 64,
            max_days: 825,
            names: vec!["pg-1.demo.example".to_owned()],
            connections: 1,
            spare_connections: 63,
            missing_names: vec!["privatelink-9-pg-1.demo.example".to_owned()],
        });
        assert_round_trip(&issued());
        assert_round_trip(&ProjectCa {
            certificate: "CA".to_owned(),
        });
    }

    #[test]
    fn the_key_is_in_the_document_and_not_in_logs() {
        let text = serde_json::to_string(&issued()).unwrap();
        assert!(text.contains(r#""private_key":"KEY""#), "{text}");
        assert!(!format!("{:?}", issued()).contains("KEY"));
    }
}
