#include "source/control/runtime_layers.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "source/config/config_errors.h"
#include "source/config/config_file.h"
#include "source/control/runtime_values.h"
#include "test/harness/scripted_file_watcher.h"
#include "test/harness/sim_world.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RuntimeLayersTest : public testing::Test {
 protected:
  // YAML of the layers; returns what is wrong with them.
  std::string Load(const std::string& yaml, const std::string& service_cluster = "fleet") {
    SourceLines lines;
    ConfigErrors errors;
    envoy::config::bootstrap::v3::LayeredRuntime proto;
    ReadConfigText(yaml, ConfigFormat::kYaml, "layers", ConfigLimits(), proto, lines, errors);
    layers_.Load(proto, service_cluster, FieldScope(errors, "layered_runtime"));
    return errors.ToString();
  }
  double Value(const std::string& key, double configured = -1) {
    RuntimeNumber number(configured, key);
    BindRuntime(&keys_, number);
    return number;
  }
  int64_t Stat(const std::string& name) {
    return world_.stats().Value(absl::StrCat("runtime.", name));
  }
  static void Write(const std::string& path, const std::string& text) {
    for (size_t at = 1; (at = path.find('/', at)) != std::string::npos; ++at) {
      mkdir(path.substr(0, at).c_str(), 0700);
    }
    std::ofstream(path) << text;
  }

  SimWorld world_;
  ScriptedFileWatcher files_{world_.main().loop};
  RuntimeKeys keys_;
  int changes_ = 0;
  RuntimeLayers layers_{world_.main(), world_.stats(), files_, keys_, [this] { ++changes_; }};
};

TEST_F(RuntimeLayersTest, ALaterLayerCountsMore) {
  EXPECT_EQ(Load("layers:\n- { name: a, static_layer: { x: 1, y: 2 } }\n"
                 "- { name: b, static_layer: { y: 3 } }\n"),
            "");
  EXPECT_EQ(Value("x"), 1);
  EXPECT_EQ(Value("y"), 3);
  EXPECT_EQ(Value("z"), -1);
  EXPECT_EQ(Stat("num_layers"), 2);
  EXPECT_EQ(Stat("num_keys"), 2);
  EXPECT_EQ(Stat("load_success"), 1);
}

TEST_F(RuntimeLayersTest, WhatIsNestedCountsUnderItsPath) {
  EXPECT_EQ(Load("layers:\n- { name: a, static_layer: { up: { down: { deep: 7 } }, a.b: 8 } }\n"),
            "");
  EXPECT_EQ(Value("up.down.deep"), 7);
  EXPECT_EQ(Value("a.b"), 8);
}

TEST_F(RuntimeLayersTest, AFractionHasANumeratorAndADenominator) {
  EXPECT_EQ(Load("layers:\n- name: a\n  static_layer:\n    f: { numerator: 5, denominator: "
                 "TEN_THOUSAND }\n"
                 "    g: { numerator: 3 }\n"),
            "");
  EXPECT_EQ(keys_.values().at("f").parts_per_million, 500u);
  EXPECT_EQ(keys_.values().at("g").parts_per_million, 30'000u);
  EXPECT_EQ(Value("f", 9), 9);  // it is no plain number
}

TEST_F(RuntimeLayersTest, TextsAndBoolsAreShownAndCountForNothing) {
  EXPECT_EQ(Load("layers:\n- { name: a, static_layer: { t: foobar, b: true, n: \"12\" } }\n"), "");
  EXPECT_EQ(keys_.values().at("t").text, "foobar");
  EXPECT_EQ(keys_.values().at("b").text, "true");
  EXPECT_EQ(Value("t", 9), 9);
  EXPECT_EQ(Value("n"), 12);
}

TEST_F(RuntimeLayersTest, MistakesNameTheLayerAndTheKey) {
  EXPECT_THAT(Load("layers:\n- { name: a, static_layer: { x: { y: [1] } } }\n"),
              HasSubstr("layered_runtime.layers[0].static_layer: \"x.y\" must be a number"));
  EXPECT_THAT(Load("layers:\n- { name: b, admin_layer: {} }\n- { name: b, admin_layer: {} }\n"),
              testing::AllOf(HasSubstr("layers[1].name: \"b\" is taken"),
                             HasSubstr("layers[1].admin_layer: there is one already")));
  EXPECT_THAT(Load("layers:\n- { name: c }\n"), HasSubstr("layers[0]: says no layer"));
}

TEST_F(RuntimeLayersTest, TheAdminPortOverridesAndTakesBack) {
  EXPECT_EQ(
      Load("layers:\n- { name: a, static_layer: { x: 1 } }\n- { name: me, admin_layer: {} }\n"),
      "");
  const int before = changes_;
  EXPECT_TRUE(layers_.Modify({{"x", "5"}, {"y", "word"}}).ok());
  EXPECT_EQ(Value("x"), 5);
  EXPECT_EQ(Stat("admin_overrides_active"), 1);
  EXPECT_TRUE(layers_.Modify({{"x", ""}, {"y", ""}}).ok());
  EXPECT_EQ(Value("x"), 1);
  EXPECT_EQ(Stat("admin_overrides_active"), 0);
  EXPECT_EQ(changes_, before + 2);
}

TEST_F(RuntimeLayersTest, WithoutAnAdminLayerTheAdminPortCannotOverride) {
  EXPECT_EQ(Load("layers:\n- { name: a, static_layer: { x: 1 } }\n"), "");
  EXPECT_EQ(layers_.Modify({{"x", "5"}}).message(), "No admin layer specified");
  EXPECT_EQ(Value("x"), 1);
}

TEST_F(RuntimeLayersTest, WithoutAnyLayerTheAdminPortHasOne) {
  EXPECT_EQ(Load("{}"), "");
  EXPECT_TRUE(layers_.Modify({{"x", "5"}}).ok());
  EXPECT_EQ(Value("x"), 5);
}

TEST_F(RuntimeLayersTest, AFolderIsALayerAndIsReadAgainWhenItsLinkIsSwapped) {
  const std::string root = testing::TempDir() + "/layers_of_disk";
  Write(root + "/v1/envoy/health/panic", "# why\n40\n");
  Write(root + "/v1/envoy/flag", "{numerator: 1, denominator: MILLION}\n");
  Write(root + "/v2/envoy/health/panic", "60");
  const std::string link = root + "/current";
  ASSERT_EQ(symlink((root + "/v1").c_str(), link.c_str()), 0);
  EXPECT_EQ(Load(absl::StrCat("layers:\n- name: d\n  disk_layer: { symlink_root: ", link,
                              ", subdirectory: envoy }\n")),
            "");
  EXPECT_EQ(Value("health.panic"), 40);
  EXPECT_EQ(keys_.values().at("flag").parts_per_million, 1u);
  unlink(link.c_str());
  ASSERT_EQ(symlink((root + "/v2").c_str(), link.c_str()), 0);
  files_.Change(link);
  world_.RunUntilIdle();
  EXPECT_EQ(Value("health.panic"), 60);
  EXPECT_EQ(Stat("num_keys"), 1);
  EXPECT_EQ(Stat("override_dir_not_exists"), 2);
}

TEST_F(RuntimeLayersTest, ASecondFolderIsOfTheServiceCluster) {
  const std::string root = testing::TempDir() + "/layers_by_cluster";
  Write(root + "/all/x", "1");
  Write(root + "/over/fleet/x", "2");
  EXPECT_EQ(Load(absl::StrCat("layers:\n- name: d\n  disk_layer: { symlink_root: ", root,
                              ", subdirectory: all }\n- name: e\n  disk_layer: { symlink_root: ",
                              root, ", subdirectory: over, append_service_cluster: true }\n")),
            "");
  EXPECT_EQ(Value("x"), 2);
  EXPECT_EQ(Stat("override_dir_exists"), 1);
}

TEST_F(RuntimeLayersTest, AFolderThatIsTooDeepChangesNothing) {
  const std::string root = testing::TempDir() + "/layers_too_deep";
  std::string path = root;
  for (int i = 0; i < 20; ++i) path += "/d";
  Write(path + "/x", "1");
  EXPECT_EQ(Load(absl::StrCat("layers:\n- name: d\n  disk_layer: { symlink_root: ", root, " }\n")),
            "");
  EXPECT_EQ(Stat("load_error"), 1);
  EXPECT_EQ(Stat("num_keys"), 0);
}

TEST(RuntimeKeys, AKeyIsReadAsLongAsSomethingHoldsIt) {
  RuntimeKeys keys;
  EXPECT_FALSE(keys.IsRead("x"));
  {
    const auto slot = keys.Slot("x");
    EXPECT_TRUE(keys.IsRead("x"));
    // Many that come and go are forgotten.
    for (int i = 0; i < 1000; ++i) keys.Slot(absl::StrCat("k", i));
    EXPECT_TRUE(keys.IsRead("x"));
  }
  EXPECT_FALSE(keys.IsRead("x"));
}

TEST(RuntimeNumber, WhatIsBelowItsLeastDoesNotCount) {
  RuntimeKeys keys;
  RuntimeNumber number(2, "x", 0.5);
  BindRuntime(&keys, number);
  keys.Set({{"x", ReadRuntimeText("0.4")}});
  EXPECT_EQ(number, 2);
  keys.Set({{"x", ReadRuntimeText("0.6")}});
  EXPECT_EQ(number, 0.6);
  keys.Set({});
  EXPECT_EQ(number, 2);
}

}  // namespace
}  // namespace sluice
