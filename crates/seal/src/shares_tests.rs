//! Which shares give the secret, and which are refused by name.

use super::*;
use proptest::prelude::*;

fn draw(mut next: u8) -> impl FnMut() -> [u8; 32] {
    move || {
        next = next.wrapping_add(1);
        Hash::of(&[&[next]]).0
    }
}

fn ceremony(seed: u8, threshold: u8, holders: u8) -> (UrnSecret, Ceremony, Vec<Share>) {
    let secret = UrnSecret::from_seed(&[seed; 32]);
    let (ceremony, shares) = split(&secret, threshold, holders, &mut draw(seed)).unwrap();
    (secret, ceremony, shares)
}

fn code(result: Result<UrnSecret, Error>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "JOINED")
}

#[test]
fn any_three_of_five_give_the_secret_and_two_do_not() {
    let (secret, ceremony, shares) = ceremony(7, 3, 5);
    for a in 0..5 {
        for b in a + 1..5 {
            let two = [shares[a].clone(), shares[b].clone()];
            assert_eq!(code(join(&two, &ceremony)), "TOO_FEW_SHARES");
            for c in b + 1..5 {
                let three = [shares[c].clone(), shares[a].clone(), shares[b].clone()];
                assert_eq!(join(&three, &ceremony).unwrap(), secret);
            }
        }
    }
    assert_eq!(join(&shares, &ceremony).unwrap(), secret);
}

#[test]
fn a_wrong_share_is_named() {
    let (_, ceremony, shares) = ceremony(7, 3, 5);
    let mut wrong = shares.clone();
    wrong[3].value[9] ^= 1;
    let refused = join(&wrong, &ceremony).unwrap_err();
    assert!(matches!(refused, Error::WrongShare { number: 4 }), "{refused}");
    // Changed by someone who also corrects its text: the ceremony knows better.
    let text = wrong[3].to_text();
    assert_eq!(code(join(&[shares[0].clone(), shares[1].clone(), text.parse().unwrap()], &ceremony)), "WRONG_SHARE");
}

#[test]
fn foreign_and_repeated_shares_are_named() {
    let (_, declared, shares) = ceremony(7, 3, 5);
    let (_, _, others) = ceremony(8, 3, 5);
    let foreign = join(&[shares[0].clone(), others[1].clone(), shares[2].clone()], &declared).unwrap_err();
    assert!(matches!(foreign, Error::ForeignShare { number: 2, .. }), "{foreign}");
    let twice = join(&[shares[0].clone(), shares[4].clone(), shares[4].clone()], &declared).unwrap_err();
    assert!(matches!(twice, Error::ShareTwice { number: 5 }), "{twice}");
}

#[test]
fn a_faulty_ceremony_is_found() {
    let (_, mut declared, _) = ceremony(7, 3, 5);
    let other = UrnSecret::from_seed(&[9; 32]);
    // Shares of another secret under this urn's name, with checks that fit them.
    let (_, shares) = split(&other, 3, 5, &mut draw(1)).unwrap();
    let shares: Vec<Share> = shares.into_iter().map(|share| Share { key: declared.key.id(), ..share }).collect();
    declared.shares = shares.iter().map(Share::check).collect();
    assert_eq!(code(join(&shares, &declared)), "OTHER_SECRET");
    declared.threshold = 6;
    assert_eq!(code(join(&shares, &declared)), "BAD_THRESHOLD");
}

#[test]
fn thresholds_have_limits() {
    let secret = UrnSecret::from_seed(&[7; 32]);
    let refused = |k, n| split(&secret, k, n, &mut draw(0)).map(drop).map_err(|error| error.code());
    assert_eq!(refused(1, 5), Err("BAD_THRESHOLD"));
    assert_eq!(refused(0, 0), Err("BAD_THRESHOLD"));
    assert_eq!(refused(6, 5), Err("BAD_THRESHOLD"));
    assert_eq!(refused(2, 2), Ok(()));
    assert_eq!(refused(255, 255), Ok(()));
}

#[test]
fn a_slip_of_the_pen_is_found() {
    let (_, _, shares) = ceremony(7, 2, 3);
    let text = shares[1].to_text();
    assert_eq!(text.parse::<Share>().unwrap(), shares[1]);
    assert_eq!(format!(" {}\n", *text).parse::<Share>().unwrap(), shares[1]);
    for place in 0..text.len() {
        let mut slip = text.as_bytes().to_vec();
        slip[place] = if slip[place] == b'0' { b'1' } else { b'0' };
        assert!(String::from_utf8(slip).unwrap().parse::<Share>().is_err(), "at {place}");
        assert!(text[..place].parse::<Share>().is_err());
    }
}

#[test]
fn a_share_is_never_shown_by_accident() {
    let (secret, _, shares) = ceremony(7, 2, 3);
    assert!(!format!("{:?}", shares[0]).contains(&hex::encode(*shares[0].value)));
    assert!(!format!("{secret:?}").contains(secret.to_text().as_str()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn as_many_as_the_threshold_always_do(seed: u8, threshold in 2_u8..12, more in 0_u8..12, turn in 0_usize..24) {
        let holders = threshold + more;
        let (secret, ceremony, mut shares) = ceremony(seed, threshold, holders);
        shares.rotate_left(turn % usize::from(holders));
        shares.truncate(usize::from(threshold));
        prop_assert_eq!(join(&shares, &ceremony).unwrap(), secret);
    }

    /// One share fewer fits every secret: for each value a last share exists that gives it.
    #[test]
    fn one_too_few_says_nothing(seed: u8, guess: u8) {
        let (_, _, shares) = ceremony(seed, 2, 3);
        let known = shares[0].value[0];
        // A line through (1, known) and (0, guess) has the value guess ^ 2·(known ^ guess) at 2.
        let last = guess ^ multiply(2, known ^ guess);
        let weight = |own: u8, other: u8| multiply(other, invert(other ^ own));
        prop_assert_eq!(multiply(weight(1, 2), known) ^ multiply(weight(2, 1), last), guess);
    }
}
