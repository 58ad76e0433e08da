//! Owns: arithmetic in GF(2^8) with the polynomial x^8 + x^4 + x^3 + x + 1 (FIPS 197 §4.2).
//! Must not: branch on a value or look one up in a table, so that time says nothing of a secret.
//! Next: `shares.rs`, which needs no more than this.

/// The product. Addition and subtraction are both `^`.
pub(crate) const fn multiply(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    let mut round = 0;
    while round < 8 {
        product ^= a & (b & 1).wrapping_neg();
        a = (a << 1) ^ (0x1b & (a >> 7).wrapping_neg());
        b >>= 1;
        round += 1;
    }
    product
}

/// The inverse, a^254; 0 for 0, which has none.
pub(crate) const fn invert(a: u8) -> u8 {
    // 254 = 2 + 4 + … + 128.
    let mut square = multiply(a, a);
    let mut result = square;
    let mut round = 0;
    while round < 6 {
        square = multiply(square, square);
        result = multiply(result, square);
        round += 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_the_standard() {
        // FIPS 197 §4.2 and §4.2.1.
        assert_eq!(multiply(0x57, 0x83), 0xc1);
        assert_eq!(multiply(0x57, 0x13), 0xfe);
    }

    #[test]
    fn every_element_but_zero_has_an_inverse() {
        assert_eq!(invert(0), 0);
        assert!((1..=255).all(|a| multiply(a, invert(a)) == 1));
    }

    #[test]
    fn multiplication_distributes_and_commutes() {
        for (a, b) in (0..=255).flat_map(|a| (0..=255).map(move |b| (a, b))) {
            assert_eq!(multiply(a, b), multiply(b, a));
            assert_eq!(multiply(a, b ^ 0x35), multiply(a, b) ^ multiply(a, 0x35));
        }
    }
}
