//! Which addresses may be called: the public ones, and those that `egress.allow` lists. A pure rule, without names and sockets.
//!
//! Link-local addresses and the metadata services of clouds give away the keys of a machine to whoever can make it call
//! them. No network in the list opens them, also not one that was meant for something else: each has to be listed by itself.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

pub struct Guard {
    allowed: Vec<IpNet>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the address {0} of the host is not public; list it in egress.allow")]
    NotPublic(IpAddr),
    #[error(
        "the address {0} of the host is link-local or the metadata service of a cloud, which no network in egress.allow \
         opens; list the address itself"
    )]
    ListItself(IpAddr),
}

/// What IANA's registry of special addresses does not call globally reachable, and what is no unicast address.
const NOT_PUBLIC_V4: [Ipv4Net; 15] = [
    v4([0, 0, 0, 0], 8),       // this network
    v4([10, 0, 0, 0], 8),      // private
    v4([100, 64, 0, 0], 10),   // carrier-grade NAT
    v4([127, 0, 0, 0], 8),     // loopback
    v4([169, 254, 0, 0], 16),  // link-local
    v4([172, 16, 0, 0], 12),   // private
    v4([192, 0, 0, 0], 24),    // protocol assignments
    v4([192, 0, 2, 0], 24),    // documentation
    v4([192, 88, 99, 0], 24),  // relays of 6to4, given up
    v4([192, 168, 0, 0], 16),  // private
    v4([198, 18, 0, 0], 15),   // benchmarking
    v4([198, 51, 100, 0], 24), // documentation
    v4([203, 0, 113, 0], 24),  // documentation
    v4([224, 0, 0, 0], 4),     // multicast
    v4([240, 0, 0, 0], 4),     // reserved, and broadcast
];

/// All unicast addresses that IANA has given out so far.
const UNICAST_V6: Ipv6Net = v6(0x2000 << 48, 0, 3);

/// Inside of it: what is not public.
const NOT_PUBLIC_V6: [Ipv6Net; 4] = [
    v6(0x2001 << 48, 0, 23),          // protocol assignments; among them Teredo, 2001::/32
    v6(0x2001_0db8 << 32, 0, 32),     // documentation
    v6(0x2002 << 48, 0, 16),          // 6to4
    v6(0x3fff_0000_0000_0000, 0, 20), // documentation
];

/// Addresses that have to be listed by themselves.
const BY_ITSELF_V4: [Ipv4Net; 4] = [
    v4([169, 254, 0, 0], 16),     // link-local; the metadata of nearly all clouds
    v4([100, 100, 100, 200], 32), // metadata, Alibaba
    v4([168, 63, 129, 16], 32),   // the host of a virtual machine, Azure: its range is public
    v4([192, 0, 0, 192], 32),     // metadata, Oracle
];
const BY_ITSELF_V6: [Ipv6Net; 4] = [
    v6(0xfe80 << 48, 0, 10),                // link-local
    v6(0xfd00_0ec2 << 32, 0, 32),           // metadata, AWS
    v6(0xfd20_00ce << 32, 0x254, 128),      // metadata, Google
    v6(0xfd00_0042_0000_0000, 0x0042, 128), // metadata, Scaleway
];

/// What stands in an address of this network is called in IPv4, by a gateway (RFC 6052).
const NAT64: Ipv6Net = v6(0x0064_ff9b << 32, 0, 96);

const fn v4(start: [u8; 4], bits: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(start[0], start[1], start[2], start[3]), bits)
}

const fn v6(high: u64, low: u64, bits: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::from_bits((high as u128) << 64 | low as u128), bits)
}

impl Guard {
    /// `allow` is the list of the settings, which take nothing but addresses and networks.
    pub fn new(allow: &[String]) -> Guard {
        let network = |text: &String| network(text).expect("the settings take only addresses and networks");
        Guard { allowed: allow.iter().map(network).collect() }
    }

    /// Whether a connection to this address may be made.
    pub fn check(&self, address: IpAddr) -> Result<(), Refused> {
        let address = address.to_canonical();
        if self.lists(address) {
            return Ok(());
        }
        match address {
            IpAddr::V6(v6) if NAT64.contains(&v6) => embedded(v6).map_or(Ok(()), |v4| self.check(v4.into())),
            _ if by_itself(address) => Err(Refused::ListItself(address)),
            _ if is_public(address) => Ok(()),
            _ => Err(Refused::NotPublic(address)),
        }
    }

    fn lists(&self, address: IpAddr) -> bool {
        let only_itself = by_itself(address);
        let opens = |net: &IpNet| {
            net.contains(&address) && (!only_itself || net.prefix_len() == net.max_prefix_len())
        };
        self.allowed.iter().any(opens)
    }
}

/// An address stands for the network of itself. What is written as an IPv6 form of IPv4 is IPv4, as addresses are when they
/// are checked.
fn network(text: &str) -> Option<IpNet> {
    let net = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok()?;
    match (net.addr().to_canonical(), net.prefix_len()) {
        (address @ IpAddr::V4(_), bits @ 96..) => IpNet::new(address, bits - 96).ok(),
        _ => Some(net),
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !NOT_PUBLIC_V4.iter().any(|net| net.contains(&address)),
        IpAddr::V6(address) => {
            UNICAST_V6.contains(&address) && !NOT_PUBLIC_V6.iter().any(|net| net.contains(&address))
        }
    }
}

fn by_itself(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => BY_ITSELF_V4.iter().any(|net| net.contains(&address)),
        IpAddr::V6(address) => {
            BY_ITSELF_V6.iter().any(|net| net.contains(&address))
                || embedded(address).is_some_and(|address| by_itself(address.into()))
        }
    }
}

/// The IPv4 address that a gateway or a tunnel would make of this one. The mapped form (`::ffff:a.b.c.d`) is none of them:
/// that is IPv4, written differently.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let (high, low) = match address.segments() {
        // NAT64: the well-known network, and the one for local use (RFC 8215).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x64, 0xff9b, 1, _, _, _, high, low] => (high, low),
        // IPv4-compatible, and IPv4-translated.
        [0, 0, 0, 0, 0, 0, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => (high, low),
        // 6to4.
        [0x2002, high, low, ..] => (high, low),
        // Teredo, which turns every bit of it.
        [0x2001, 0, .., high, low] => (!high, !low),
        _ => return None,
    };
    Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
}
