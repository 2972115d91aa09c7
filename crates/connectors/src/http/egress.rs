//! Where requests may go. A base URL is configuration, but a name in it is answered by whoever
//! runs its DNS: without this rule an "app" could be the cloud's metadata service.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Whether a request may go to this address. Private, loopback, link-local, shared and reserved
/// ranges need `allow_private`; addresses of cloud metadata services, "this host", multicast
/// and broadcast are never allowed.
#[must_use]
pub fn allowed(address: IpAddr, allow_private: bool) -> bool {
    match address {
        IpAddr::V4(v4) => allowed_v4(v4, allow_private),
        IpAddr::V6(v6) => match embedded_v4(v6) {
            Some(v4) => allowed_v4(v4, allow_private),
            None => allowed_v6(v6, allow_private),
        },
    }
}

fn allowed_v4(address: Ipv4Addr, allow_private: bool) -> bool {
    let [a, b, c, _] = address.octets();
    let never = address == Ipv4Addr::new(169, 254, 169, 254)
        || address == Ipv4Addr::new(169, 254, 170, 2)
        || a == 0
        || address.is_multicast()
        || address.is_broadcast();
    let private = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19))
        || address.is_documentation()
        || a >= 240;
    !never && (allow_private || !private)
}

fn allowed_v6(address: Ipv6Addr, allow_private: bool) -> bool {
    let first = address.segments()[0];
    let metadata = address == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    let never = metadata || address.is_unspecified() || address.is_multicast();
    let private = address.is_loopback()
        || first & 0xfe00 == 0xfc00
        || first & 0xffc0 == 0xfe80
        || first & 0xffc0 == 0xfec0
        || (first == 0x2001 && address.segments()[1] == 0xdb8);
    !never && (allow_private || !private)
}

/// The IPv4 address inside a mapped, compatible, NAT64 or 6to4 one.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = address.segments();
    let join = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match s {
        [0, 0, 0, 0, 0, 0xffff, h, l] | [0x64, 0xff9b, 0, 0, 0, 0, h, l] => Some(join(h, l)),
        [0, 0, 0, 0, 0, 0, h, l] if h != 0 => Some(join(h, l)),
        [0x2002, h, l, ..] => Some(join(h, l)),
        _ => None,
    }
}

/// The address of a URL whose host is one.
#[must_use]
pub fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        url::Host::Ipv4(v4) => Some(v4.into()),
        url::Host::Ipv6(v6) => Some(v6.into()),
        url::Host::Domain(_) => None,
    }
}

/// What to say about an address that is not allowed.
#[must_use]
pub fn refusal(address: IpAddr) -> String {
    format!(
        "the address {address} is private or reserved; if this system is inside your network, \
         mark it as internal"
    )
}

/// Resolves names through the operating system and drops addresses that are not allowed, so
/// that the address that was judged is the address that is connected to.
#[derive(Debug)]
pub struct Resolver {
    /// As in [`allowed`].
    pub allow_private: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let first = found.first().map(SocketAddr::ip);
            let good: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| allowed(address.ip(), allow_private))
                .collect();
            match (good.is_empty(), first) {
                (true, Some(address)) => Err(refusal(address).into()),
                (true, None) => Err("the name has no address".into()),
                (false, _) => Ok(Box::new(good.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn private_addresses_need_leave_and_metadata_never_gets_it() {
        for text in [
            "10.0.0.1",
            "192.168.1.1",
            "172.16.0.1",
            "127.0.0.1",
            "100.64.0.1",
            "169.254.1.1",
            "::1",
            "fd12::1",
            "fe80::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "198.18.0.1",
            "240.0.0.1",
        ] {
            let address: IpAddr = text.parse().unwrap();
            assert!(!allowed(address, false), "{text}");
            assert!(allowed(address, true), "{text}");
        }
        for text in [
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "fd00:ec2::254",
            "0.0.0.0",
            "::",
        ] {
            let address: IpAddr = text.parse().unwrap();
            assert!(
                !allowed(address, false) && !allowed(address, true),
                "{text}"
            );
        }
        for text in ["93.184.216.34", "2606:2800:220:1::1"] {
            assert!(allowed(text.parse().unwrap(), false), "{text}");
        }
    }
}
