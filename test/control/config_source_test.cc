// How a control plane is to be spoken to, as the configuration says it.
#include "source/control/config_source.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "source/config/config_errors.h"
#include "source/config/config_file.h"

namespace sluice {
namespace {

class RateLimitSettings : public testing::Test {
 protected:
  // `fields`: of ads_config, in YAML of one line.
  std::optional<ApiSource> Read(const std::string& fields) {
    SourceLines lines;
    ConfigErrors errors(&lines);
    envoy::config::bootstrap::v3::Bootstrap bootstrap;
    ReadConfigText(
        absl::StrCat("node: { id: me, cluster: mine }\nstatic_resources: { clusters: [{ name: xds, "
                     "load_assignment: { cluster_name: xds, endpoints: [{ lb_endpoints: [{ "
                     "endpoint: { address: { socket_address: { address: 10.0.0.1, port_value: 80 } "
                     "} } }] }] } }] }\ndynamic_resources: { ads_config: { api_type: GRPC, "
                     "grpc_services: [{ envoy_grpc: { cluster_name: xds } }]",
                     fields, " } }\n"),
        ConfigFormat::kYaml, "test", ConfigLimits(), bootstrap, lines, errors);
    EXPECT_EQ(errors.ToString(), "");
    ConfigErrors found;
    auto api = ReadApiSource(bootstrap.dynamic_resources().ads_config(), bootstrap,
                             FieldScope(found, "ads_config"));
    errors_ = found.ToString();
    return api;
  }
  std::string errors_;
};

TEST_F(RateLimitSettings, AreAbsentUnlessSaid) {
  const auto api = Read("");
  ASSERT_TRUE(api.has_value()) << errors_;
  EXPECT_FALSE(api->rate.has_value());
}

TEST_F(RateLimitSettings, HaveEnvoysDefaults) {
  const auto api = Read(", rate_limit_settings: {}");
  ASSERT_TRUE(api.has_value() && api->rate.has_value()) << errors_;
  EXPECT_EQ(api->rate->burst, 100u);
  EXPECT_EQ(api->rate->per_second, 10);
}

TEST_F(RateLimitSettings, AreAsSaid) {
  const auto api = Read(", rate_limit_settings: { max_tokens: 3, fill_rate: 0.5 }");
  ASSERT_TRUE(api.has_value() && api->rate.has_value()) << errors_;
  EXPECT_EQ(api->rate->burst, 3u);
  EXPECT_EQ(api->rate->per_second, 0.5);
}

TEST_F(RateLimitSettings, FillOnceAYearAtLeast) {
  const auto api = Read(", rate_limit_settings: { fill_rate: 1e-300 }");
  ASSERT_TRUE(api.has_value() && api->rate.has_value()) << errors_;
  EXPECT_EQ(api->rate->per_second, 1.0 / (365 * 24 * 3600));
}

TEST_F(RateLimitSettings, ThatLetNothingThroughAreRefused) {
  EXPECT_FALSE(Read(", rate_limit_settings: { max_tokens: 0, fill_rate: -1 }").has_value());
  EXPECT_EQ(errors_,
            "ads_config.rate_limit_settings.max_tokens: must be from 1 to 4294967295, is 0\n"
            "ads_config.rate_limit_settings.fill_rate: must be more than 0\n");
  EXPECT_FALSE(Read(", rate_limit_settings: { fill_rate: nan }").has_value());
}

}  // namespace
}  // namespace sluice
