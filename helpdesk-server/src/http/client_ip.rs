//! Who is really calling: the peer, or what trusted proxies say of it.

use std::net::{IpAddr, SocketAddr};

use hyper::HeaderMap;
use hyper::header::HeaderName;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies whose `X-Forwarded-For` is believed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proxies {
    networks: Vec<Network>,
}

/// An address with the number of its leading bits that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    bits: u32,
}

impl Proxies {
    /// Reads addresses and networks (`10.0.0.0/8`, `fd00::/8`).
    ///
    /// # Errors
    /// Names the first text that is neither.
    pub(crate) fn parse(texts: &[String]) -> Result<Proxies, String> {
        let parse = |text: &String| {
            Network::parse(text)
                .ok_or_else(|| format!("`{text}` is no address and no network such as 10.0.0.0/8"))
        };
        Ok(Proxies {
            networks: texts.iter().map(parse).collect::<Result<_, _>>()?,
        })
    }

    /// Whether `address` is one of them.
    pub(crate) fn trust(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(address))
    }

    /// The client behind `peer`: the right-most address of `X-Forwarded-For` that is no trusted proxy.
    /// Everything left of it was written by the client and means nothing.
    pub(crate) fn client_ip(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if self.networks.is_empty() || !self.trust(peer) {
            return peer;
        }
        let mut client = peer;
        for header in headers.get_all(FORWARDED_FOR).iter().rev() {
            for hop in header.to_str().unwrap_or("?").rsplit(',') {
                let Some(hop) = address(hop.trim()) else {
                    return client;
                };
                client = hop;
                if !self.trust(hop) {
                    return client;
                }
            }
        }
        client
    }
}

impl Network {
    fn parse(text: &str) -> Option<Network> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(width);
        (bits <= width).then_some(Network { address, bits })
    }

    fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                let differ = ours.to_bits() ^ theirs.to_bits();
                differ.checked_shr(32 - self.bits).unwrap_or(0) == 0
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                let differ = ours.to_bits() ^ theirs.to_bits();
                differ.checked_shr(128 - self.bits).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

/// An address, with or without a port. IPv4 written as IPv6 is IPv4.
fn address(text: &str) -> Option<IpAddr> {
    let address = text
        .parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|a| a.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let proxies = Proxies::parse(&proxies.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>()).unwrap();
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        proxies.client_ip(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn the_header_of_a_stranger_is_not_believed() {
        assert_eq!(client(&[], "9.9.9.9", &["1.1.1.1"]), "9.9.9.9");
        assert_eq!(client(&["10.0.0.0/8"], "9.9.9.9", &["1.1.1.1"]), "9.9.9.9");
    }

    #[test]
    fn the_right_most_untrusted_address_is_the_client() {
        let ours = ["10.0.0.0/8", "fd00::/8"];
        assert_eq!(
            client(&ours, "10.1.2.3", &["6.6.6.6, 1.1.1.1, 10.9.9.9"]),
            "1.1.1.1"
        );
        assert_eq!(
            client(&ours, "10.1.2.3", &["6.6.6.6", "1.1.1.1", "10.9.9.9"]),
            "1.1.1.1"
        );
        assert_eq!(client(&ours, "fd00::1", &["2001:db8::7"]), "2001:db8::7");
        assert_eq!(client(&ours, "10.1.2.3", &["[2001:db8::7]:443"]), "2001:db8::7");
        assert_eq!(client(&ours, "10.1.2.3", &["1.2.3.4:5678"]), "1.2.3.4");
        assert_eq!(client(&ours, "10.1.2.3", &["::ffff:1.2.3.4"]), "1.2.3.4");
    }

    #[test]
    fn nonsense_ends_the_chain() {
        assert_eq!(
            client(&["10.0.0.0/8"], "10.1.2.3", &["1.1.1.1, bogus, 10.2.2.2"]),
            "10.2.2.2"
        );
        assert_eq!(client(&["10.0.0.0/8"], "10.1.2.3", &[]), "10.1.2.3");
        assert_eq!(
            client(&["10.0.0.0/8"], "10.1.2.3", &["10.7.7.7, 10.2.2.2"]),
            "10.7.7.7"
        );
    }

    #[test]
    fn networks_count_leading_bits() {
        let contains = |network: &str, address: &str| {
            Network::parse(network)
                .unwrap()
                .contains(address.parse().unwrap())
        };
        assert!(contains("0.0.0.0/0", "1.2.3.4"));
        assert!(contains("192.168.1.128/25", "192.168.1.200"));
        assert!(!contains("192.168.1.128/25", "192.168.1.100"));
        assert!(!contains("0.0.0.0/0", "::1"));
        assert!(contains("::1", "::1"));
        assert!(contains("::/0", "fe80::1"));
    }

    #[test]
    fn a_bad_network_is_named() {
        let error = Proxies::parse(&["10.0.0.0/33".to_owned()]).unwrap_err();
        assert!(error.contains("10.0.0.0/33"), "{error}");
    }
}
