//===- JsonTest.cpp - JSON values, parsing and schema-checked reading --------------------===//
//
// Tests of qopt/Support/Json.h.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Support/Json.h"
#include "TestSupport.h"
#include "qopt/Support/Files.h"

#include <gtest/gtest.h>

using namespace qopt;
using namespace qopt::test;

static std::string parseMessage(llvm::StringRef text) {
  return messageOf(parseJson(text, "c.json"));
}

TEST(Json, ParsesAndPrints) {
  const std::string text =
      R"({"b":[1,-2.5,true,null,"x\"\n\u00e9"],"a":{"n":9223372036854775807},"e":[],"o":{}})";
  const Json value = valueOf(parseJson(text, "c.json"));
  EXPECT_EQ(value.dump(-1), "{\"b\":[1,-2.5,true,null,\"x\\\"\\n\xc3\xa9\"],"
                            "\"a\":{\"n\":9223372036854775807},\"e\":[],\"o\":{}}");
  EXPECT_EQ(value.find("b")->items()[0].asInteger(), 1);
  EXPECT_EQ(value.find("b")->items()[0].asNumber(), 1.0);
  EXPECT_EQ(value.find("missing"), nullptr);
  EXPECT_EQ(valueOf(parseJson(value.dump(), "c.json")).dump(-1), value.dump(-1));
}

TEST(Json, BuildsValues) {
  Json report;
  report.set("top1", 0.9173).set("samples", 10000).set("top1", 0.5);
  report.set("list", Json::array({1, "two"})).set("none", nullptr);
  EXPECT_EQ(report.dump(-1), R"({"top1":0.5,"samples":10000,"list":[1,"two"],"none":null})");
  EXPECT_EQ(Json(NAN).dump(), "null");
  EXPECT_EQ(Json("\xff").dump(), "\"\xef\xbf\xbd\"");
  EXPECT_EQ(Json(0.1).dump(), "0.1");
  EXPECT_EQ(Json().push(1).push(true).dump(-1), "[1,true]");
}

TEST(Json, SyntaxErrorsHavePlaces) {
  EXPECT_EQ(parseMessage("{\n  \"a\": 1,\n  \"b\" 2\n}"), "c.json:3:7: expected ':' after the key");
  EXPECT_EQ(parseMessage("[1, 2"), "c.json:1:6: the text ends too early: expected ',' or ']'");
  EXPECT_EQ(parseMessage(""), "c.json:1:1: the text ends too early: expected a value");
  EXPECT_EQ(parseMessage("{\"a\": 1} x"), "c.json:1:10: expected the end of the text");
  EXPECT_EQ(parseMessage("[1,]"), "c.json:1:4: expected a value");
  EXPECT_EQ(parseMessage("{a: 1}"), "c.json:1:2: expected a key in double quotes");
  EXPECT_EQ(parseMessage("[truth]"), "c.json:1:5: expected a value");
}

TEST(Json, LimitsAreErrors) {
  EXPECT_EQ(parseMessage(R"({"a": {"k": 1, "k": 2}})"),
            "c.json: the key 'k' appears twice in one object");
  EXPECT_EQ(parseMessage(std::string(300, '[')), "c.json: nested deeper than 200 levels");
  EXPECT_EQ(parseMessage("9223372036854775808"),
            "c.json: the integer 9223372036854775808 is beyond 64 bits");
  EXPECT_EQ(parseMessage("99999999999999999999999"),
            "c.json: the integer 99999999999999999999999 is beyond 64 bits");
  EXPECT_EQ(parseMessage("1e999"), "c.json:1:5: the number 1e999 is beyond f64");
}

TEST(Json, EveryCutOfATextIsAnErrorAndNeverACrash) {
  const std::string text = R"({"a": [1, 2.5e3, "x\u00e9"], "b": {"c": null, "d": true}})";
  for (size_t length = 0; length < text.size(); ++length)
    EXPECT_NE(parseMessage(text.substr(0, length)), "(success)") << length;
  Random random(3);
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = text;
    damaged[random.integer(0, text.size() - 1)] = static_cast<char>(random.integer(0, 255));
    parseMessage(damaged);
  }
}

TEST(Json, ReadsFiles) {
  ScratchDirectory scratch;
  EXPECT_EQ(messageOf(writeFile(scratch / "c.json", "[1]")), "(success)");
  EXPECT_EQ(valueOf(readJsonFile(scratch / "c.json")).items().size(), 1u);
  EXPECT_EQ(messageOf(readJsonFile(scratch / "no.json")),
            scratch.path() + "/no.json: cannot open: No such file or directory");
}

class JsonReading : public ::testing::Test {
protected:
  Json value = valueOf(parseJson(R"({
    "name": "conv1", "bits": 8, "ratio": 0.5, "flag": true, "nothing": null,
    "observer": "histgram", "odd key": 1,
    "list": [{"dtype": "s9"}, 3], "long": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  })",
                                 "c.json"));
  JsonReader reader{value, "c.json"};
};

TEST_F(JsonReading, ReadsWhatIsThere) {
  std::string name = "default";
  int64_t bits = 0;
  double ratio = 0;
  bool flag = false;
  EXPECT_EQ(messageOf(reader.optionalString("name", name)), "(success)");
  EXPECT_EQ(messageOf(reader.optionalInteger("bits", bits, 2, 16)), "(success)");
  EXPECT_EQ(messageOf(reader.optionalNumber("ratio", ratio, 0, 1)), "(success)");
  EXPECT_EQ(messageOf(reader.optionalBool("flag", flag)), "(success)");
  EXPECT_EQ(name, "conv1");
  EXPECT_EQ(bits, 8);
  EXPECT_EQ(ratio, 0.5);
  EXPECT_TRUE(flag);
  EXPECT_EQ(messageOf(reader.optionalString("absent", name)), "(success)");
  EXPECT_EQ(name, "conv1");
  EXPECT_TRUE(reader.has("nothing"));
  EXPECT_TRUE(reader.optional("nothing")->value().isNull());
  EXPECT_EQ(reader.members().size(), value.members().size());
}

TEST_F(JsonReading, ErrorsNameFilePathAndChoices) {
  std::string text;
  EXPECT_EQ(messageOf(reader.optionalOneOf("observer", text, {"histogram", "min_max"})),
            "c.json: $.observer: expected one of histogram, min_max, got \"histgram\" (did you "
            "mean 'histogram'?)");
  const JsonReader list = valueOf(reader.required("list"));
  const JsonReader dtype = valueOf(list.at(0).required("dtype"));
  EXPECT_EQ(messageOf(dtype.oneOf({"s8", "u8"})),
            "c.json: $.list[0].dtype: expected one of s8, u8, got \"s9\" (did you mean 's8'?)");
  EXPECT_EQ(messageOf(list.at(1).oneOf({"s8", "u8"})),
            "c.json: $.list[1]: expected one of s8, u8, got 3");
  EXPECT_EQ(messageOf(valueOf(reader.required("odd key")).string()),
            "c.json: $[\"odd key\"]: expected a string, got 1");
  EXPECT_EQ(list.items().size(), 2u);
}

TEST_F(JsonReading, ErrorsOfKind) {
  EXPECT_EQ(messageOf(reader.requireArray()), "c.json: $: expected an array, got an object");
  EXPECT_EQ(messageOf(valueOf(reader.required("list")).requireObject()),
            "c.json: $.list: expected an object, got an array");
  EXPECT_EQ(messageOf(valueOf(reader.required("name")).boolean()),
            "c.json: $.name: expected true or false, got \"conv1\"");
  EXPECT_EQ(messageOf(valueOf(reader.required("ratio")).integer()),
            "c.json: $.ratio: expected an integer, got 0.5");
  EXPECT_EQ(messageOf(valueOf(reader.required("nothing")).number(-INFINITY, INFINITY)),
            "c.json: $.nothing: expected a number, got null");
  EXPECT_EQ(messageOf(reader.required("absent")), "c.json: $: the key 'absent' is missing");
  EXPECT_EQ(messageOf(valueOf(reader.required("list")).required("x")),
            "c.json: $.list: expected an object, got an array");
  EXPECT_EQ(messageOf(valueOf(reader.required("long")).boolean()),
            "c.json: $.long: expected true or false, got \"" + std::string(56, 'a') + "...");
}

TEST_F(JsonReading, ErrorsOfRange) {
  const JsonReader bits = valueOf(reader.required("bits"));
  EXPECT_EQ(messageOf(bits.integer(2, 7)),
            "c.json: $.bits: expected an integer from 2 to 7, got 8");
  EXPECT_EQ(messageOf(bits.integer(9)), "c.json: $.bits: expected an integer of at least 9, got 8");
  EXPECT_EQ(messageOf(bits.integer(INT64_MIN, 7)),
            "c.json: $.bits: expected an integer of at most 7, got 8");
  EXPECT_EQ(messageOf(bits.number(0, 1)), "c.json: $.bits: expected a number from 0.0 to 1.0, "
                                          "got 8");
}

TEST_F(JsonReading, UnknownKeys) {
  EXPECT_EQ(messageOf(reader.rejectUnknownKeys({"name", "bit", "ratio"})),
            "c.json: $: unknown key 'bits' (did you mean 'bit'?); known keys are name, bit, ratio");
  EXPECT_EQ(messageOf(valueOf(reader.required("list")).rejectUnknownKeys({})),
            "c.json: $.list: expected an object, got an array");
  EXPECT_EQ(messageOf(reader.rejectUnknownKeys({"name", "bits", "ratio", "flag", "nothing",
                                                "observer", "odd key", "list", "long"})),
            "(success)");
}
