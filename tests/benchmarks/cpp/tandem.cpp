// The tandem of three M/M/5 stations, written for this one model: the peer of simulation/engine.
// Same arrivals (given in a file), same draws (splitmix64 with its counter set by stream and customer), so that the
// mean time in the system has to agree. Usage: tandem ARRIVALS CUSTOMERS REPEATS KEY KEY KEY
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <queue>
#include <vector>

struct Event {
    double time;
    uint64_t order;
    int customer;
    int station;  // -1: arrives at the first; otherwise: is done at this one
};
struct Later {
    bool operator()(const Event& a, const Event& b) const {
        return a.time > b.time || (a.time == b.time && a.order > b.order);
    }
};

static inline double exponential(uint64_t key, uint64_t customer) {
    uint64_t z = key + (customer << 6) * 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    z = z ^ (z >> 31);
    return -std::log((double(z >> 11) + 0.5) * 0x1p-53);
}

static double seconds() {  // processor time, as on the other side
    timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

int main(int count, char** argument) {
    if (count != 7) return 2;
    const int customers = std::atoi(argument[2]), repeats = std::atoi(argument[3]);
    const uint64_t key[3] = {std::strtoull(argument[4], nullptr, 10), std::strtoull(argument[5], nullptr, 10),
                             std::strtoull(argument[6], nullptr, 10)};
    std::vector<double> arrival(customers);
    FILE* file = std::fopen(argument[1], "rb");
    if (!file || std::fread(arrival.data(), sizeof(double), customers, file) != size_t(customers)) return 3;
    std::fclose(file);
    for (int round = 0; round < repeats; ++round) {
        const double began = seconds();
        std::vector<Event> room;
        room.reserve(64);
        std::priority_queue<Event, std::vector<Event>, Later> events(Later(), std::move(room));
        std::deque<int> line[3];
        int busy[3] = {0, 0, 0};
        uint64_t order = 0, seen = 0;
        double inside = 0.0;
        int coming = 0;
        while (coming < customers || !events.empty()) {
            double now;
            int customer, next;
            if (coming < customers && (events.empty() || arrival[coming] <= events.top().time)) {
                now = arrival[coming];
                customer = coming++;
                next = 0;
            } else {
                const Event event = events.top();
                events.pop();
                now = event.time;
                customer = event.customer;
                const int station = event.station;
                next = station + 1;
                if (line[station].empty()) {
                    --busy[station];
                } else {
                    const int turn = line[station].front();
                    line[station].pop_front();
                    events.push({now + exponential(key[station], turn), order++, turn, station});
                }
            }
            ++seen;
            if (next == 3) {
                inside += now - arrival[customer];
            } else if (busy[next] < 5) {
                ++busy[next];
                events.push({now + exponential(key[next], customer), order++, customer, next});
            } else {
                line[next].push_back(customer);
            }
        }
        const double took = seconds() - began;
        std::printf("%.9f %llu %.12f\n", took, (unsigned long long)seen, inside / customers);
    }
}
