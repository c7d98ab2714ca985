import Amends
import Foundation

/// The words of a command line, taken one after the other.
struct Words {
    private var left: [String]

    init(_ words: [String]) {
        left = words
    }

    /// The value after this option, if it is there.
    mutating func option(_ name: String) throws -> String? {
        guard let at = left.firstIndex(of: name) else { return nil }
        left.remove(at: at)
        guard at < left.count else { throw Failure.usage("\(name) wants a value") }
        return left.remove(at: at)
    }

    /// The values of an option that may come several times.
    mutating func options(_ name: String) throws -> [String] {
        var values: [String] = []
        while let value = try option(name) { values.append(value) }
        return values
    }

    /// Whether this flag is there.
    mutating func flag(_ name: String) -> Bool {
        guard let at = left.firstIndex(of: name) else { return false }
        left.remove(at: at)
        return true
    }

    /// A moment after this option, if it is there.
    mutating func moment(_ name: String) throws -> Date? {
        try option(name).map(amends_swift.moment)
    }

    /// A number after this option, if it is there.
    mutating func number<N: FixedWidthInteger>(_ name: String) throws -> N? {
        try option(name).map {
            guard let number = N($0) else { throw Failure.usage("\(name) wants a number") }
            return number
        }
    }

    /// The next word. Options come before it.
    mutating func next(_ what: String) throws -> String {
        guard let word = word() else { throw Failure.usage("say \(what)") }
        return word
    }

    /// The next word, as an id.
    mutating func id<I: Id>(_ what: String) throws -> I { I(try next(what)) }

    /// The value after this option as an id, if it is there.
    mutating func idOption<I: Id>(_ name: String) throws -> I? { try option(name).map { I($0) } }

    /// The next word, if there is one.
    mutating func word() -> String? {
        left.isEmpty ? nil : left.removeFirst()
    }

    /// All words that are left.
    mutating func rest() -> [String] {
        defer { left = [] }
        return left
    }

    /// Nothing is left that was not understood.
    func end() throws {
        guard left.isEmpty else { throw Failure.usage("these words say nothing here: \(left)") }
    }
}

/// Reads `2026-03-02T18:30:00Z`.
func moment(_ text: String) throws -> Date {
    guard let date = try? Date(text, strategy: .iso8601) else {
        throw Failure.usage("expected a time such as 2026-03-02T18:30:00Z, not \(text)")
    }
    return date
}
