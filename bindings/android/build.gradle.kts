// The library for Android: an AAR with the native library for each kind of phone. Needs an
// Android SDK with its NDK (28 or newer), and cargo-ndk; not built by this project's CI, which
// has neither. What CI does: pom.xml beside this compiles the same sources.
import org.jetbrains.kotlin.gradle.dsl.JvmTarget

plugins {
    id("com.android.library") version "8.13.0"
    id("org.jetbrains.kotlin.android") version "2.3.0"
}

group = "app.amends"
version = "0.1.0"

val root = rootDir.resolve("../..")

android {
    namespace = "app.amends"
    compileSdk = 36
    defaultConfig {
        minSdk = 24
        consumerProguardFiles("consumer-rules.pro")
    }
    sourceSets.getByName("main") {
        kotlin.srcDirs("../kotlin/src/main/kotlin", root.resolve("target/bindings/kotlin"))
        jniLibs.srcDirs(root.resolve("target/android-natives"))
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
}

kotlin.compilerOptions.jvmTarget = JvmTarget.JVM_17

dependencies {
    // As an AAR: it brings its own native part, aligned to 16 KB pages.
    api("net.java.dev.jna:jna:5.18.1@aar")
    api("org.jetbrains.kotlinx:kotlinx-coroutines-android:1.10.2")
}

val generateSources by tasks.registering(Exec::class) {
    commandLine(root.resolve("bindings/generate"), "kotlin")
}

val buildNative by tasks.registering(Exec::class) {
    commandLine(root.resolve("bindings/android/natives"))
}

tasks.named("preBuild") { dependsOn(generateSources, buildNative) }
