"""The draws src/random.rs is tested for, from the definition of the ChaCha stream cipher with 8
rounds (Bernstein 2008): a 256-bit key, a 64-bit block counter from 0 and a 64-bit stream number.

    python chacha.py

The key is eight outputs of a PCG32 generator (O'Neill 2014) whose state is the seed, advanced
before each output: the expansion documented for `SeedableRng::seed_from_u64`.
"""

MASK = 2**32 - 1


def rotate_left(x, bits):
    return (x << bits | x >> (32 - bits)) & MASK


def key(seed):
    state = seed
    for _ in range(8):
        state = (state * 6364136223846793005 + 11634580027462260723) % 2**64
        shifted = ((state >> 18 ^ state) >> 27) & MASK
        yield rotate_left(shifted, (32 - (state >> 59)) % 32)


def quarter_round(s, a, b, c, d):
    for x, y, z, bits in [(a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)]:
        s[x] = (s[x] + s[y]) & MASK
        s[z] = rotate_left(s[z] ^ s[x], bits)


def block(seed, stream, rounds=8):
    text = b"expand 32-byte k"
    constants = [int.from_bytes(text[i : i + 4], "little") for i in range(0, 16, 4)]
    start = [*constants, *key(seed), 0, 0, stream & MASK, stream >> 32]
    s = list(start)
    for _ in range(rounds // 2):
        for i in range(4):
            quarter_round(s, i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter_round(s, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return [(x + y) & MASK for x, y in zip(s, start)]


for seed, stream in [(42, 0), (42, 7)]:
    words = block(seed, stream)
    print(seed, stream, [words[i] | words[i + 1] << 32 for i in (0, 2, 4)])
