import Amends
import Foundation

/// A JSON value.
indirect enum Json: Sendable, ExpressibleByDictionaryLiteral {
    case null
    case bool(Bool)
    case number(Int)
    case string(String)
    case array([Json])
    case object([String: Json])

    init(dictionaryLiteral fields: (String, Json)...) {
        self = .object(Dictionary(uniqueKeysWithValues: fields))
    }

    var text: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): Self.quoted(value)
        case .array(let items): "[" + items.map(\.text).joined(separator: ",") + "]"
        case .object(let fields):
            "{" + fields.sorted { $0.key < $1.key }
                .map { Self.quoted($0.key) + ":" + $0.value.text }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        // An array is the only thing that every Foundation writes at the top.
        let data = try? JSONEncoder().encode([text])
        return String(decoding: data ?? Data("[\"\"]".utf8), as: UTF8.self).dropFirst().dropLast()
            .description
    }
}

/// `onTable` as `on_table`.
func snake(_ name: String) -> String {
    name.reduce(into: "") { text, letter in
        if letter.isUppercase, !text.isEmpty { text.append("_") }
        text.append(letter.lowercased())
    }
}

/// `.staleView` as `StaleView`.
func pascal<E>(_ value: E) -> String {
    let name = String(describing: value)
    return name.prefix(1).uppercased() + name.dropFirst()
}

/// A case without values, `.thirdPartyContact`, as `third_party_contact`.
func code<E>(_ value: E) -> String {
    snake(String(describing: value))
}

/// Any value of the library as JSON, with the names that the command line uses.
func json(_ value: Any?) -> Json {
    switch value {
    case nil: return .null
    case let value as Json: return value
    case let value as String: return .string(value)
    case let value as Bool: return .bool(value)
    case let value as any BinaryInteger: return .number(Int(value))
    case let value as any Id: return .string(value.value)
    case let value as Date: return .string(value.formatted(.iso8601))
    case TemplateId.week as TemplateId: return .string("week")
    case TemplateId.own(let id) as TemplateId: return .string(id.value)
    case let value?: return mirrored(value)
    }
}

private func mirrored(_ value: Any) -> Json {
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional:
        return json(mirror.children.first?.value)
    case .collection, .set:
        return .array(mirror.children.map { json($0.value) })
    case .dictionary:
        let entries = mirror.children.map { Mirror(reflecting: $0.value).children.map(\.value) }
        return .object(
            Dictionary(uniqueKeysWithValues: entries.map { ("\($0[0])", json($0[1])) }))
    case .enum where mirror.children.isEmpty:
        return .string(code(value))
    default:
        let fields = mirror.children.compactMap { child in
            child.label.map { (snake($0), json(child.value)) }
        }
        return .object(Dictionary(uniqueKeysWithValues: fields))
    }
}
