//! Addresses, and what the guard says of them.

use std::net::IpAddr;

use super::guard;
use crate::egress::Refused;

const PUBLIC: [&str; 24] = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "93.184.215.14",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2000::1",
    "2606:4700:4700::1111",
    "2a00:1450:4001:82f::200e",
    "3ffe::1",
    // Forms of a public IPv4 address.
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
];

const NOT_PUBLIC: [&str; 57] = [
    // This network, loopback, private.
    "0.0.0.0",
    "0.1.2.3",
    "127.0.0.1",
    "127.255.255.255",
    "10.0.0.0",
    "10.255.255.255",
    "172.16.0.0",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.255.255",
    // Carrier-grade NAT.
    "100.64.0.0",
    "100.127.255.255",
    // Protocol assignments, relays of 6to4.
    "192.0.0.1",
    "192.0.0.170",
    "192.88.99.1",
    // Documentation and benchmarking.
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.255",
    "198.18.0.0",
    "198.19.255.255",
    // Multicast, reserved, broadcast.
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.254",
    "255.255.255.255",
    // The same in IPv6.
    "::",
    "::1",
    "::2",
    "fc00::1",
    "fd00::1",
    "fdff:ffff::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "100::1",
    "1fff::1",
    "4000::1",
    "5f00::1",
    "2001::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2001:db8:ffff::1",
    "3fff::1",
    "3fff:fff::1",
    // Forms of IPv4: compatible, translated, mapped, 6to4, Teredo, NAT64.
    "::127.0.0.1",
    "::10.0.0.1",
    "::ffff:0:10.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:192.168.0.1",
    "2002:a00:1::",
    "2002:7f00:1::1",
    "2001:0:808:808:0:0:f5ff:fffe",
    "64:ff9b::10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::10.0.0.1",
];

const BY_ITSELF: [&str; 21] = [
    "169.254.0.0",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.255.255",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "fe80::1",
    "fe80::a9fe:a9fe",
    "febf::1",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
    "fd00:42::42",
    "::ffff:169.254.169.254",
    "::169.254.169.254",
    "2002:a9fe:a9fe::",
    "2001::5601:5601",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::100.100.100.200",
    "64:ff9b:1::a9fe:a9fe",
];

/// Every address there is.
const ALL: [&str; 2] = ["0.0.0.0/0", "::/0"];

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn public_addresses_may_be_called_without_a_word() {
    for address in PUBLIC {
        assert_eq!(guard(&[]).check(ip(address)), Ok(()), "{address}");
    }
}

#[test]
fn addresses_that_are_not_public_may_be_called_only_when_they_are_listed() {
    for address in NOT_PUBLIC {
        let refused = guard(&["9.9.9.9", "2606::/16"]).check(ip(address));
        assert!(matches!(refused, Err(Refused::NotPublic(_))), "{address}: {refused:?}");
        for allow in [&[address][..], &ALL[..]] {
            assert_eq!(guard(allow).check(ip(address)), Ok(()), "{address} with {allow:?}");
        }
    }
}

#[test]
fn no_network_opens_a_link_local_or_metadata_address_but_its_own_entry_does() {
    for address in BY_ITSELF {
        for allow in [&[][..], &ALL, &["169.254.0.0/16", "169.254.169.252/30", "fe80::/10", "fd00::/8"]] {
            let refused = guard(allow).check(ip(address));
            assert!(matches!(refused, Err(Refused::ListItself(_))), "{address} with {allow:?}: {refused:?}");
        }
        assert_eq!(guard(&[address]).check(ip(address)), Ok(()), "{address}");
        let bits = if ip(address).is_ipv4() { 32 } else { 128 };
        assert_eq!(guard(&[&format!("{address}/{bits}")]).check(ip(address)), Ok(()), "{address}/{bits}");
    }
}

#[test]
fn a_network_opens_what_is_in_it_and_nothing_beside_it() {
    let guard = guard(&["10.1.0.0/16", "127.0.0.1/8", "fd12::/16"]);
    for address in
        ["10.1.0.0", "10.1.255.255", "127.9.9.9", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3", "fd12::9"]
    {
        assert_eq!(guard.check(ip(address)), Ok(()), "{address}");
    }
    for address in ["10.0.255.255", "10.2.0.0", "::1", "fd13::1", "2002:a01:1::"] {
        assert!(guard.check(ip(address)).is_err(), "{address}");
    }
}

#[test]
fn an_entry_may_be_written_as_the_ipv6_form_of_ipv4() {
    let guard = guard(&["::ffff:10.0.0.0/104", "::ffff:192.168.0.1"]);
    for address in ["10.255.0.1", "::ffff:10.255.0.1", "192.168.0.1"] {
        assert_eq!(guard.check(ip(address)), Ok(()), "{address}");
    }
    assert!(guard.check(ip("192.168.0.2")).is_err());
}

#[test]
fn a_refusal_names_what_to_list() {
    let told = |address| guard(&[]).check(ip(address)).unwrap_err().to_string();
    let private = "the address 10.0.0.1 of the host is not public; list it in egress.allow";
    for address in ["10.0.0.1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1"] {
        assert_eq!(told(address), private, "{address}");
    }
    let metadata = told("169.254.169.254");
    assert!(
        metadata.contains("169.254.169.254") && metadata.contains("list the address itself"),
        "{metadata}"
    );
}
