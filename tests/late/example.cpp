#include "tests/late/example.hpp"

#include <cstdarg>

int late_many(int a, int b, int c, int d, int e, int f, int g, int h) {
    return ((((((a * 10 + b) * 10 + c) * 10 + d) * 10 + e) * 10 + f) * 10 + g) * 10 + h;
}

double late_mixed(int a, double b, long c, double d, float e, double f, double g, double h, double i,
                  double j) {
    return a + 2 * b + 3 * static_cast<double>(c) + 4 * d + 5 * static_cast<double>(e) + 6 * f + 7 * g + 8 * h +
           9 * i + 10 * j;
}

double late_variadic(int count, ...) {
    va_list arguments;
    va_start(arguments, count);
    double sum = 0;
    for (int i = 0; i < count; ++i)
        sum = sum * 2 + va_arg(arguments, double);
    va_end(arguments);
    return sum;
}

LateLarge late_large(long first) {
    return {{first, first + 1, first + 2, first + 3}};
}

int late_contended(int value) {
    return value + 1;
}
