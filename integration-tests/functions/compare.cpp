// Reads what JavaFunctions.java prints, from standard input or a file, and compares it with our functions.
// Prints the differences, at most twenty of each family, and a summary; exits 1 if there is a difference.
#include <fstream>
#include <iostream>
#include <map>

#include "expr/tests/world.hpp"

namespace
{

struct Family {
    int compared = 0;
    int different = 0;
    int refused = 0; // by us alone, with a reason
};

// What we refuse on purpose, and Java does not: docs/ksqldb-differences.md.
bool isKnownRefusal(const std::string &message)
{
    for (const char *reason : {"lookbehind", "look-behind", "is not supported", "or not supported"})
        if (message.find(reason) != std::string::npos)
            return true;
    return false;
}

std::string evaluate(const std::string &expression, bool &known)
{
    World world;
    try {
        return world.eval(expression);
    } catch (const Refused &refused) {
        known = isKnownRefusal(refused.what());
        return "REFUSED: " + std::string(refused.what());
    }
}

void compare(const std::string &line, std::map<std::string, Family> &families)
{
    size_t first = line.find('\t');
    size_t second = line.find('\t', first + 1);
    std::string name = line.substr(0, first);
    std::string expression = line.substr(first + 1, second - first - 1);
    std::string wanted = line.substr(second + 1);
    bool known = false;
    std::string actual = evaluate(expression, known);
    Family &family = families[name];
    family.compared++;
    bool refused = actual.rfind("REFUSED", 0) == 0;
    if (known && wanted != "REFUSED") {
        family.refused++;
        return;
    }
    // a wrong constant is refused when the statement is made; for Java it makes the value NULL
    if (actual == wanted || (refused && (wanted == "REFUSED" || wanted == "NULL")))
        return;
    if (++family.different <= 20)
        std::cout << name << ": " << expression << "\n  Java  " << wanted << "\n  Turgo " << actual << "\n";
}

} // namespace

int main(int count, char **arguments)
{
    std::ifstream file;
    if (count > 1)
        file.open(arguments[1]);
    std::istream &input = count > 1 ? file : std::cin;
    std::map<std::string, Family> families;
    std::string line;
    while (std::getline(input, line))
        compare(line, families);
    int different = 0;
    for (const auto &[name, family] : families) {
        std::cout << name << ": " << family.compared << " compared, " << family.different << " different, "
                  << family.refused << " refused\n";
        different += family.different;
    }
    return different == 0 && !families.empty() ? 0 : 1;
}
