#pragma once

// A library that is loaded late, with a function for each way in which arguments are handed over.
extern "C" {

struct LateLarge {
    long values[4];
};

int late_many(int a, int b, int c, int d, int e, int f, int g, int h);
double late_mixed(int a, double b, long c, double d, float e, double f, double g, double h, double i, double j);
double late_variadic(int count, ...);
LateLarge late_large(long first);
int late_contended(int value);
int late_absent();
}
