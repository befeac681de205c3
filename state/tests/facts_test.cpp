#include "base/text.h"
#include "state/facts.h"
#include "state/tests/fixture.h"

#include <fstream>

namespace
{

class Facts : public testing::Test
{
protected:
    void TearDown() override
    {
        close();
    }
    enum tg_code open()
    {
        return tg_facts_open(path.c_str(), &facts, &error);
    }
    void close()
    {
        tg_facts_close(facts);
        facts = nullptr;
    }
    std::string get(const std::string &name)
    {
        struct tg_buffer value = {};
        std::string result =
            tg_facts_get(facts, slice(name), &value) ? text(tg_buffer_slice(&value)) : "(none)";
        tg_buffer_done(&value);
        return result;
    }
    void put(const std::string &name, const std::string &value)
    {
        EXPECT_OK(tg_facts_put(facts, slice(name), slice(value), &error));
    }
    std::string content() const
    {
        std::ifstream file(path, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(file), {});
    }
    void setContent(const std::string &content) const
    {
        std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    }

    TemporaryDirectory directory;
    std::string path = directory.path() + "/facts";
    struct tg_facts *facts = nullptr;
    struct tg_error error = {};
};

} // namespace

TEST_F(Facts, OutliveTheProcess)
{
    ASSERT_OK(open());
    EXPECT_EQ(get("a"), "(none)");
    put("a", "1");
    put("empty", "");
    put("a", "2");
    put(std::string("\0binary", 7), std::string("\xff\0", 2));
    EXPECT_EQ(get("a"), "2");
    close();
    ASSERT_OK(open());
    EXPECT_EQ(get("a"), "2");
    EXPECT_EQ(get("empty"), "");
    EXPECT_EQ(get(std::string("\0binary", 7)), std::string("\xff\0", 2));
}

TEST_F(Facts, CanBeInMemory)
{
    ASSERT_OK(tg_facts_open(nullptr, &facts, &error));
    put("a", "1");
    EXPECT_EQ(get("a"), "1");
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(Facts, AnUnfinishedLastWriteIsCutOff)
{
    ASSERT_OK(open());
    put("a", "1");
    size_t whole = content().size();
    put("b", "2");
    close();
    std::string both = content();
    for (size_t length = whole; length < both.size(); length++) {
        for (size_t zeros : {(size_t)0, both.size() - length, (size_t)100}) {
            SCOPED_TRACE("cut at " + std::to_string(length) + ", zeros " + std::to_string(zeros));
            setContent(both.substr(0, length) + std::string(zeros, '\0'));
            ASSERT_OK(open());
            EXPECT_EQ(get("a"), "1");
            EXPECT_EQ(get("b"), "(none)");
            put("c", "3");
            close();
            ASSERT_OK(open());
            EXPECT_EQ(get("c"), "3");
            close();
        }
    }
}

TEST_F(Facts, DamageIsAnError)
{
    ASSERT_OK(open());
    put("a", "1");
    put("b", "2");
    close();
    std::string bytes = content();
    bytes[13] ^= 1;
    setContent(bytes);
    EXPECT_EQ(open(), TG_CODE_CORRUPT);
    EXPECT_NE(std::string(error.message).find("facts is damaged at byte 0"), std::string::npos)
        << error.message;
    EXPECT_EQ(facts, nullptr);
}

TEST_F(Facts, ReplacedFactsAreDroppedAtOpen)
{
    ASSERT_OK(open());
    for (int i = 0; i < 50; i++)
        put("a", std::string(4000, (char)('a' + i % 26)));
    close();
    size_t before = content().size();
    ASSERT_OK(open());
    EXPECT_LT(content().size(), before / 10);
    EXPECT_EQ(get("a"), std::string(4000, 'x'));
    put("b", "1");
    close();
    ASSERT_OK(open());
    EXPECT_EQ(get("b"), "1");
}
