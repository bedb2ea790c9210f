#include "source/config/field_scope.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

void ReadChain(const FieldScope& scope) { scope.At("filters", 2).Error("empty"); }

TEST(FieldScope, PathNamesEveryStep) {
  ConfigErrors errors;
  FieldScope root(errors, "static_resources");
  FieldScope listener = root.At("listeners", 0);
  ReadChain(listener.At("filter_chains", 1));
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors.errors()[0].path, "static_resources.listeners[0].filter_chains[1].filters[2]");
}

TEST(FieldScope, EmptyRootLeavesNoDot) {
  ConfigErrors errors;
  FieldScope root(errors);
  EXPECT_EQ(root.Path(), "");
  EXPECT_EQ(root.At("admin").Path(), "admin");
  EXPECT_EQ(root.At("listeners", 3).Path(), "listeners[3]");
}

TEST(FieldScope, MapKeysAreQuoted) {
  ConfigErrors errors;
  FieldScope root(errors, "cluster");
  EXPECT_EQ(root.AtKey("typed_extension_protocol_options", "a.b").Path(),
            "cluster.typed_extension_protocol_options[\"a.b\"]");
}

TEST(ConfigErrors, LineOfTheFieldItself) {
  SourceLines lines;
  lines.StartSource("bootstrap.yaml");
  lines.Record("static_resources.listeners[0].adress", 14);
  ConfigErrors errors(&lines);
  errors.Add("static_resources.listeners[0].adress", "unknown field", "did you mean \"address\"?");
  EXPECT_EQ(errors.ToString(),
            "bootstrap.yaml:14: static_resources.listeners[0].adress: unknown field; "
            "did you mean \"address\"?\n");
}

TEST(ConfigErrors, LineOfTheEnclosingFieldForWhatIsMissing) {
  SourceLines lines;
  lines.StartSource("a.yaml");
  lines.Record("admin", 2);
  lines.Record("clusters[1]", 9);
  lines.Record("options[\"a.b\"]", 12);
  EXPECT_EQ(lines.Find("admin.address.port").line, 2);
  EXPECT_EQ(lines.Find("clusters[1].name").line, 9);
  EXPECT_EQ(lines.Find("options[\"a.b\"].x.y[2].z").line, 12);
  EXPECT_EQ(lines.Find("options[\"c.d\"]").line, 0);
  EXPECT_EQ(lines.Find("clusters[0].name").line, 0);
  EXPECT_EQ(lines.Find("clusters[0].name").source, "a.yaml");
}

TEST(ConfigErrors, EachLineKnowsItsSource) {
  SourceLines lines;
  lines.StartSource("a.yaml");
  lines.Record("node.id", 1);
  lines.StartSource("--config-yaml");
  lines.Record("node.cluster", 2);
  EXPECT_EQ(lines.Find("node.id").source, "a.yaml");
  EXPECT_EQ(lines.Find("node.cluster").source, "--config-yaml");
  EXPECT_EQ(lines.Find("node.cluster").line, 2);
}

TEST(ConfigErrors, TheRestAreCounted) {
  ConfigErrors errors;
  for (size_t i = 0; i < ConfigErrors::kErrorsMax + 7; ++i) errors.Add("x", "bad");
  EXPECT_EQ(errors.errors().size(), ConfigErrors::kErrorsMax);
  EXPECT_EQ(errors.size(), ConfigErrors::kErrorsMax + 7);
  EXPECT_TRUE(errors.ToString().ends_with("x: bad\nand 7 more errors\n"));
}

TEST(ConfigErrors, ALaterPhaseDoesNotRepeatAnEarlierOne) {
  ConfigErrors errors;
  errors.Add("a.b", "bad");
  errors.Add("a.b", "worse");
  errors.StartPhase();
  errors.Add("a.b", "again");
  errors.Add("a.b.c", "again");
  errors.Add("a.b[2]", "again");
  errors.Add("a.bc", "new");
  errors.Add("a", "new");
  errors.Add("", "new");
  EXPECT_EQ(errors.ToString(), "a.b: bad\na.b: worse\na.bc: new\na: new\nnew\n");
  EXPECT_EQ(errors.size(), 5u);
}

TEST(ConfigErrors, StatusIsOkOnlyWhenEmpty) {
  ConfigErrors errors;
  EXPECT_TRUE(errors.ToStatus().ok());
  errors.Add("a", "one");
  errors.Add("b", "two");
  EXPECT_EQ(errors.ToStatus().message(), "a: one\nb: two");
}

}  // namespace
}  // namespace sluice
