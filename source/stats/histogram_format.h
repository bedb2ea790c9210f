// What every page about histograms shows: Envoy's default quantiles and bucket bounds. Static.
#pragma once

namespace sluice {

inline constexpr double kHistogramQuantiles[] = {0,    0.25, 0.5,   0.75,  0.9,
                                                 0.95, 0.99, 0.995, 0.999, 1};
inline constexpr double kHistogramPercents[] = {0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 100};
// Upper bounds, in the unit of the histogram's name.
inline constexpr double kHistogramBounds[] = {0.5,   1,      5,      10,      25,     50,    100,
                                              250,   500,    1000,   2500,    5000,   10000, 30000,
                                              60000, 300000, 600000, 1800000, 3600000};

}  // namespace sluice
