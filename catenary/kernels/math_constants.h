#pragma once

#include <cstdint>

namespace catenary::kernels {

/// Numbers for math-inl.h. The polynomials, lowest power first, are fit_math.py's output.
template <typename T>
struct Constants;

template <>
struct Constants<float> {
  using Bits = std::uint32_t;
  static constexpr int kMantissa = 23;
  static constexpr Bits kBias = 127;
  static constexpr Bits kSqrtHalfBits = 0x3f3504f3;
  static constexpr float kSmallestNormal = 0x1p-126f;
  static constexpr float kLog2e = 0x1.715476p+0f;
  static constexpr float kLn2 = 0x1.62e43p-1f, kLn2Low = -0x1.05c61p-29f;  // the sum has 48 bits
  static constexpr float kExpLow = -104, kExpHigh = 89;                    // e^x is 0 below, infinite above
  static constexpr float kExp[] = {0x1.fffffep-2f, 0x1.5554bp-3f, 0x1.555674p-5f, 0x1.1227f6p-7f,
                                   0x1.6bebf2p-10f};
  static constexpr float kLog[] = {0x1.55557ap-1f, 0x1.995ac6p-2f, 0x1.327374p-2f};
  static constexpr float kErfOne = 3.95f;  // erf x rounds to 1 above
  static constexpr float kErf[] = {0x1.20dd74p+0f, -0x1.81273ep-2f,  0x1.ce2cf8p-4f, -0x1.b7f90ep-6f,
                                   0x1.5405b2p-8f, -0x1.a3f702p-11f, 0x1.496a36p-14f};
  static constexpr float kErfTail[] = {-0x1.72e84ap-12f, -0x1.2085b2p+0f, -0x1.46c586p-1f, -0x1.a60a7ap-4f,
                                       0x1.654212p-6f,   -0x1.814cbcp-9f, 0x1.852d18p-13f};
};

template <>
struct Constants<double> {
  using Bits = std::uint64_t;
  static constexpr int kMantissa = 52;
  static constexpr Bits kBias = 1023;
  static constexpr Bits kSqrtHalfBits = 0x3fe6a09e667f3bcd;
  static constexpr double kSmallestNormal = 0x1p-1022;
  static constexpr double kLog2e = 0x1.71547652b82fep+0;
  static constexpr double kLn2 = 0x1.62e42fefa39efp-1, kLn2Low = 0x1.abc9e3b39803fp-56;
  static constexpr double kExpLow = -745.2, kExpHigh = 709.8;
  static constexpr double kExp[] = {0x1.0000000000009p-1,  0x1.5555555555558p-3,  0x1.555555555034dp-5,
                                    0x1.111111110f7d5p-7,  0x1.6c16c18625d6ap-10, 0x1.a01a01b02246cp-13,
                                    0x1.a019934df6374p-16, 0x1.71ddf6757d7e3p-19, 0x1.28b4706afecc3p-22,
                                    0x1.af63a06ec73b5p-26};
  static constexpr double kLog[] = {0x1.555555555557cp-1, 0x1.99999999845d8p-2, 0x1.2492493fd0d45p-2,
                                    0x1.c71c529dde8e9p-3, 0x1.74664f27996c3p-3, 0x1.399c613192185p-3,
                                    0x1.2f59344ba4e55p-3};
  static constexpr double kErfOne = 5.95;
  static constexpr double kErf[] = {0x1.20dd750429b6dp+0,   -0x1.812746b0379bdp-2,  0x1.ce2f21a040d16p-4,
                                    -0x1.b82ce311fa943p-6,  0x1.565bccf92b3b4p-8,   -0x1.c02db03dd8f4ap-11,
                                    0x1.f9a2baa92c2f9p-14,  -0x1.f4ca4d72036fap-17, 0x1.b97fd3f53cb66p-20,
                                    -0x1.5c07279af2193p-23, 0x1.d71b13bb8af0bp-27,  -0x1.abae56ed6a8fcp-31};
  static constexpr double kErfTail[] = {
      -0x1.2262985f58567p-20, -0x1.20dcc2e058787p+0,  -0x1.45f961ac1546bp-1, -0x1.a46592606c61bp-4,
      0x1.350a8c145f4fcp-6,   0x1.3438f058a0d93p-11,  -0x1.1392175b3e872p-9, 0x1.e3ba60f1f7968p-11,
      -0x1.e6ee813b9472ap-13, 0x1.e13608fc5c437p-16,  0x1.c4fec60d0c26bp-19, -0x1.5e658fcc8b422p-19,
      0x1.6a9650e838759p-21,  -0x1.c920569eaef60p-24, 0x1.708d7b9f7559fp-27, -0x1.606ee197d5212p-31,
      0x1.3229a373fae38p-36};
};

}  // namespace catenary::kernels
